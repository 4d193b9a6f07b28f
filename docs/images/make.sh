#!/usr/bin/env bash
# Makes the pictures of the documentation from the running program. Needs chromium, curl, node, npm,
# python3, script.
set -euo pipefail
cd "$(dirname "$0")/../.."
home=$(mktemp -d)
server="" demo=""
trap 'for it in $server $demo; do kill "$it"; wait "$it" || true; done; rm -rf "$home"' EXIT
cargo build --quiet
program=${CARGO_TARGET_DIR:-$PWD/target}/debug/leadgate
"$program" serve --data "$home/data" --listen 127.0.0.1:18080 --log error > "$home/serve.txt" &
server=$!
until grep -q 'Send an answer' "$home/serve.txt"; do sleep 0.1; done

post() { curl -sf -X POST -H 'Content-Type: application/json' "http://127.0.0.1:18080/polls/$1" --data "$2" > /dev/null; }
post postPoll '{"poll_id":123,"poll_name":"Какой у вас вопрос по ОП","poll_language":"ru","employee_email":"ivanova@hse.example"}'
number=345
answer() { # poll, first name, last name, e-mail, phone, question
  post postAnswer "{\"header_data\":{\"poll_id\":$1,\"answer_id\":$number,\"form_kind\":1,\"analytics\":{\"url\":\"https://portal.example/polls/$1.html\",\"params\":{\"utm_source\":\"vk\",\"utm_campaign\":\"winter\"}}},\"data\":{\"firstname\":\"$2\",\"lastname\":\"$3\",\"email\":\"$4\",\"phone\":\"$5\",\"question\":\"$6\"}}"
  number=$((number + 1))
}
answer 123 Анна Петрова anna@mail.example '8 (912) 345-67-89' 'Есть ли вечерняя форма?'
answer 123 Илья Орлов orlov@mail.example '+7 916 555-01-42' 'Когда день открытых дверей?'
answer 124 Мария Кузьмина kuzmina@mail.example '8 926 555 01 17' 'Какие экзамены сдавать?'
answer 123 Аня Петрова ANNA@mail.example '' 'И ещё: есть ли общежитие?'
answer 200 Пётр Сидоров sidorov@mail.example '+7 903 555-01-08' ''
answer 777 Ольга Тихонова tikhonova@mail.example '' 'Подскажите по оплате'
answer 124 Денис Волков volkov@mail.example '8 905 555 01 99' 'Можно ли перевестись?'
sleep 3
move() { # deal, stage, amount: what people do in their CRM afterwards
  curl -sf "http://127.0.0.1:18080/rest/1/sandbox/crm.deal.update" --data-urlencode "id=$1" \
    --data-urlencode "fields[STAGE_ID]=$2" --data-urlencode "fields[OPPORTUNITY]=$3" > /dev/null
}
move 2 PREPARATION 120000
move 3 EXECUTING 85000
move 4 PREPAYMENT_INVOICE 64000

picture() { # file, address, width, height
  profile=$(mktemp -d)
  chromium --headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update \
    --disable-sync --no-first-run --hide-scrollbars --force-device-scale-factor=1.5 --user-data-dir="$profile" \
    --window-size="$3,$4" --screenshot="docs/images/$1.png" "$2" 2> /dev/null
  rm -rf "$profile"
}
terminal() { # file, width, height, command…
  local file=$1 width=$2 height=$3; shift 3
  printf '$ %s\n' "${*/$program/leadgate}" | sed "s# --data $home/[a-z]*##; s#$home/#my-#" > "$home/out"
  script -qec "stty cols 200; $*" /dev/null >> "$home/out" || true
  sed -i "s#$home/##g" "$home/out"
  python3 docs/images/terminal.py < "$home/out" > "$home/$file.html"
  picture "$file" "file://$home/$file.html" "$width" "$height"
}
picture sandbox http://127.0.0.1:18080/sandbox 1280 560
mkdir "$home/console"
cp tests/browser/package.json tests/browser/package-lock.json docs/images/console.mjs "$home/console"
npm ci --prefix "$home/console" --ignore-scripts --no-audit --no-fund --silent
node "$home/console/console.mjs" "$(command -v chromium)" \
  "$(grep -o 'http://[^ ]*/console/sign-in/[^ ]*' "$home/serve.txt")" "$PWD/docs/images"
"$program" sandbox --seed demo --listen 127.0.0.1:18090 --log error > "$home/demo.txt" &
demo=$!
until grep -q curl "$home/demo.txt"; do sleep 0.1; done
picture sandbox-demo http://127.0.0.1:18090/sandbox 1440 900
kill "$demo"; demo=""
opened() { # file, page, entry, height: a page of the sandbox with one entry unfolded
  curl -sf "http://127.0.0.1:18095/sandbox/$2" | sed "s/<details class=\"call\" data-key=\"$3\"/& open/" > "$home/$1.html"
  picture "$1" "file://$home/$1.html" 1280 "$4"
}
mkdir "$home/chain"
printf 'shop:\n  name: Магазин\n' > "$home/chain/_channels.yaml"
cat > "$home/chain/orders.yaml" <<'YAML'
name: Заказы с сайта
receive: { channel: shop }
fields:
  name: { from: $.name, as: name }
  phone: { from: $.phone, as: phone }
  email: { from: $.email, as: email }
  order: $.order
  sum: { from: $.sum, as: money }
contact:
  fields:
    NAME: "{{name.first}}"
    PHONE: { value: "{{phone}}", search: true }
    EMAIL: { value: "{{email}}", search: true }
deal:
  stage: NEW
  fields:
    TITLE: "Заказ №{{order}}"
    OPPORTUNITY: "{{sum}}"
then:
  - name: warehouse
    http: bin
    path: /orders
    json: { number: "{{order}}", deal: "{{steps.crm.deal_id}}", phone: "{{phone}}" }
  - name: letter
    mail:
      to: "{{email}}"
      subject: "Заказ №{{order}} принят"
      text: |
        {{name.first}}, здравствуйте!
        Мы получили заказ №{{order}} на {{sum}} ₽ и скоро позвоним.
YAML
"$program" serve --data "$home/steps" --mappings "$home/chain" --listen 127.0.0.1:18095 --log error > "$home/steps.txt" &
demo=$!
until grep -q 18095 "$home/steps.txt"; do sleep 0.1; done
order() { # name, phone, e-mail, number, sum
  curl -sf http://127.0.0.1:18095/in/shop --data-urlencode "name=$1" --data-urlencode "phone=$2" -d "email=$3&order=$4&sum=$5" > /dev/null
}
order 'Анна Петрова' '8 (912) 345-67-89' anna@mail.example 6510 3500
sleep 1
order 'Илья Орлов' '+7 916 555-01-42' orlov@mail.example 6511 12400
sleep 3
opened services services request-2 640
opened mail mail mail-2 640
newest=$("$program" journal --data "$home/steps" | grep -o '^[0-9a-f]\{8\} ' | head -1)
terminal explain 1500 560 "$program" explain "${newest% }" --lang ru --data "$home/steps"
kill "$demo"; demo=""
terminal journal 1240 900 "$program" journal show 123/345 --data "$home/data"
printf '%s' '{"client_phone":"8 905 555 01 99","client_name":"Денис","order_id":6510,"order_amount":"3 500,50 ₽"}' > "$home/packet.json"
export LEADGATE_SERVER__LISTEN=127.0.0.1:18080
terminal preview 1500 1470 "$program" preview "$home/packet.json" --channel site-orders --data "$home/data"
unset LEADGATE_SERVER__LISTEN
mkdir "$home/mappings"
cat > "$home/mappings/open-day.yaml" <<'YAML'
name: День открытых дверей
receive:
  polls: [310]
fields:
  firstname: $.data.firstname
  email: { from: $.data.email, as: emial }
contact:
  fields:
    NAME: "{{firstnme}}"
    EMAIL: { value: "{{email}}", serch: true }
deal:
  found: updat
  fields:
    TITLE: {{firstname}}
YAML
mkdir "$home/pictures"
PICTURES=$home/pictures tests/browser/run.sh
cp "$home/pictures/"amocrm-{card,leads}.png docs/images/
terminal check 1000 680 "$program" check "$home/mappings" --data "$home/data"
