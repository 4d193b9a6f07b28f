#!/usr/bin/env bash
# Pages in a real Chromium. Without one the suite is skipped, unless BROWSER=required.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)

browser=""
for name in chromium chromium-browser google-chrome; do
  browser=$(command -v "$name") && break
done
missing=""
[ -n "$browser" ] || missing="chromium"
command -v node >/dev/null && command -v npm >/dev/null || missing="$missing node npm"
if [ -n "$missing" ]; then
  if [ "${BROWSER:-}" = required ]; then
    echo "the browser tests need:$missing" >&2
    exit 1
  fi
  echo "SKIPPED: the browser tests need: $missing"
  exit 0
fi

folder=$(mktemp -d)
running=()
trap 'for it in "${running[@]}"; do kill "$it" || true; done; rm -rf "$folder"' EXIT

(cd "$root" && cargo build --locked --quiet --bin leadgate)
program=${CARGO_TARGET_DIR:-$root/target}/debug/leadgate
cp -r package.json package-lock.json suite.mjs editing.mjs console portal "$folder"
# the editor writes profiles
cp -r "$root/mappings" "$folder/mappings"
export LEADGATE_MAPPINGS__DIR="$folder/mappings" MAPPINGS="$folder/mappings"
npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --silent

# a free port, because the settings name it before the gateway listens
free_port() { node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'; }
port=$(free_port)
# the page is opened at 127.0.0.1 and the widget asks localhost: another origin, as in amoCRM
export LEADGATE_AMOCRM__MAIN__ACCOUNT=30551177 LEADGATE_AMOCRM__MAIN__SUBDOMAIN=edudemo \
  LEADGATE_AMOCRM__MAIN__SECRET='a secret of the tests' \
  LEADGATE_AMOCRM__MAIN__CLIENT_ID=9a1f-77 LEADGATE_AMOCRM__MAIN__CLIENT_SECRET='another secret of the tests' \
  LEADGATE_AMOCRM__MAIN__PUBLIC_URL="http://localhost:$port" \
  LEADGATE_AMOCRM__MAIN__WIDGET_ORIGINS="http://127.0.0.1:$port"
# alerts are looked for at once; nobody is told. A proxy that signs people in, at another address
export LEADGATE_ALERTS__LOOK_EVERY=1s LEADGATE_ALERTS__SILENCE_OF="channels/silent: 1m"
# a page that is left keeps its place until the next heartbeat; the checks open many at once
export LEADGATE_CONSOLE__LIVE_READERS=512 LEADGATE_CONSOLE__LIVE_READERS_PER_PERSON=512
export LEADGATE_CONSOLE__PROXY_USER=X-Forwarded-User LEADGATE_SERVER__TRUSTED_PROXIES=192.0.2.1
export LEADGATE_PBX__MAIN__KEY='a key of the PBX of the tests'
(cd "$root" && exec "$program" serve --data "$folder/data" --listen "127.0.0.1:$port" --log error) > "$folder/said" &
running+=($!)
for _ in $(seq 100); do
  if grep -q "/console/sign-in/" "$folder/said"; then break; fi
  sleep 0.1
done

# a portal at another site than the gateway, which is its application
portal=$(free_port) app=$(free_port)
export PORTAL="http://localhost:$portal" PORTAL_GATEWAY="http://127.0.0.1:$app"
export PORTAL_DATA="$folder/app" PORTAL_CONFIG="$folder/app.toml"
mkdir "$folder/app-mappings"
cp "$root"/mappings/_*.yaml "$folder/app-mappings"
# without the settings of the first gateway
others=$(env | grep -o '^LEADGATE_[^=]*' | sed 's/^/-u /')
alone() { cd "$folder"; exec env $others "$program" "$@" --log error; }
alone sandbox --listen "127.0.0.1:$portal" > "$folder/portal-said" 2>&1 &
running+=($!)
control() { curl -sf --retry 50 --retry-connrefused --retry-delay 1 --noproxy '*' "http://127.0.0.1:$portal/sandbox/control/$1" --data "$2"; }
control portal "{\"base_url\":\"$PORTAL\"}" > "$folder/control"
control application "{\"name\":\"leadgate\",\"title\":\"leadgate\",\"handler\":\"$PORTAL_GATEWAY/b24/main/app\",
  \"installer\":\"$PORTAL_GATEWAY/b24/main/install\",\"scopes\":[\"crm\",\"placement\",\"user_basic\",\"im\"]}" > "$folder/application"
field() { node -p "JSON.parse(require('fs').readFileSync('$folder/application', 'utf8')).$1"; }
cat > "$PORTAL_CONFIG" <<SETTINGS
[mappings]
dir = "$folder/app-mappings"
[crm.main.app]
portal = "$PORTAL"
client_id = "$(field client_id)"
client_secret = "$(field client_secret)"
authorization = "$PORTAL/oauth"
public_url = "$PORTAL_GATEWAY"
SETTINGS
alone serve --config "$PORTAL_CONFIG" --data "$PORTAL_DATA" --listen "127.0.0.1:$app" > "$folder/app-said" 2>&1 &
running+=($!)
curl -sf --retry 50 --retry-connrefused --retry-delay 1 --noproxy '*' "$PORTAL_GATEWAY/healthz" > "$folder/control"

export BROWSER_PATH=$browser GATEWAY="http://127.0.0.1:$port" PICTURES=${PICTURES:-}
LINK=$(grep -o 'http://[^ ]*/console/sign-in/[^ ]*' "$folder/said")
export LINK PROGRAM=$program DATA="$folder/data"
export NO_PROXY=127.0.0.1,localhost no_proxy=127.0.0.1,localhost
node "$folder/suite.mjs"
