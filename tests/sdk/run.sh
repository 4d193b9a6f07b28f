#!/usr/bin/env bash
# Bitrix24 clients that nobody here wrote, unmodified, against the sandbox: two in Python, one in Node, one in PHP, by
# webhook and as applications. They are installed from their registries into a folder that is thrown away.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)

if ! command -v node >/dev/null || ! command -v npm >/dev/null || ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
  apt-get update && apt-get install -y --no-install-recommends python3 python3-venv nodejs npm
fi

folder=$(mktemp -d)
sandbox=""
trap '[ -z "$sandbox" ] || kill "$sandbox" || true; rm -rf "$folder"' EXIT

# the packages of PHP come from a registry of their own, which not every machine reaches
install_php() {
  if ! command -v composer >/dev/null || ! php -m | grep -qx intl; then
    apt-get update && apt-get install -y --no-install-recommends php-cli php-curl php-intl php-mbstring php-xml composer unzip
  fi
  mkdir "$folder/php" && cp composer.json "$folder/php"
  COMPOSER_ALLOW_SUPERUSER=1 timeout 120 composer install --working-dir="$folder/php" --no-interaction --no-progress --quiet
}

(cd "$root" && cargo build --locked --quiet --bin leadgate)
program=${CARGO_TARGET_DIR:-$root/target}/debug/leadgate

python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement requirements.txt
cp package.json package-lock.json ./*.mjs "$folder"
npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --silent

# the pages of an application in a frame call from an origin of their own
LEADGATE_SANDBOX__ORIGINS='*' "$program" sandbox --listen 127.0.0.1:0 --tls 127.0.0.1:0 --limits off --log error,actix_http=off > "$folder/said" &
sandbox=$!
for _ in $(seq 100); do
  if grep -q curl "$folder/said"; then break; fi
  sleep 0.1
done
said() { sed -n "s/^ *$1  *//p" "$folder/said"; }
secure=$(said https)
secure=${secure#https://}
SANDBOX_WEBHOOK=$(said Webhook)
SANDBOX_CONTROL=$(said Control)
export SANDBOX_WEBHOOK SANDBOX_CONTROL=${SANDBOX_CONTROL%counters} SANDBOX_SECURE_HOST=${secure%%/*}
REQUESTS_CA_BUNDLE=$(said Certificate)
export REQUESTS_CA_BUNDLE NODE_EXTRA_CA_CERTS=$REQUESTS_CA_BUNDLE PYTHONDONTWRITEBYTECODE=1
export NO_PROXY=127.0.0.1,localhost no_proxy=127.0.0.1,localhost

suite() { # a suite that ends badly without a line of its own counts as a failure
  local failures=$failed
  "$@" | tee -a "$folder/lines" && return
  failed=$(grep -c '^FAIL' "$folder/lines" || true)
  [ "$failed" -gt "$failures" ] || { echo "FAIL  ${*: -1} broke off" | tee -a "$folder/lines"; }
}
failed=0
suite "$folder/python/bin/python" fast_bitrix24_suite.py
suite "$folder/python/bin/python" b24pysdk_suite.py
suite "$folder/python/bin/python" b24pysdk_application_suite.py
suite node "$folder/b24jssdk_suite.mjs"
for name in chromium chromium-browser google-chrome; do
  BROWSER_PATH=$(command -v "$name") && break
done
if [ -z "$BROWSER_PATH" ] && [ "${BROWSER:-}" = required ]; then
  echo "FAIL  the frame of an application needs chromium" | tee -a "$folder/lines"
fi
export BROWSER_PATH
suite node "$folder/b24jssdk_application_suite.mjs"
if install_php; then
  suite php b24phpsdk_suite.php "$folder/php/vendor/autoload.php"
else
  echo "NOT CHECKED: b24phpsdk cannot be installed"
fi

passed=$(grep -c '^ok' "$folder/lines" || true)
failed=$(grep -c '^FAIL' "$folder/lines" || true)
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
