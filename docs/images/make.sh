#!/usr/bin/env bash
# Makes the pictures of the documentation from the running program. Needs chromium, curl, python3, script.
set -euo pipefail
cd "$(dirname "$0")/../.."
home=$(mktemp -d)
server="" demo=""
trap 'for it in $server $demo; do kill "$it"; wait "$it" || true; done; rm -rf "$home"' EXIT
cargo build --quiet
program=$PWD/target/debug/leadgate
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
  printf '$ %s\n' "${*/$program/leadgate}" | sed "s# --data $home/data##; s#$home/#my-#" > "$home/out"
  script -qec "stty cols 200; $*" /dev/null >> "$home/out" || true
  sed -i "s#$home/##g" "$home/out"
  python3 docs/images/terminal.py < "$home/out" > "$home/$file.html"
  picture "$file" "file://$home/$file.html" "$width" "$height"
}
picture sandbox http://127.0.0.1:18080/sandbox 1280 560
"$program" sandbox --seed demo --listen 127.0.0.1:18090 --log error > "$home/demo.txt" &
demo=$!
until grep -q curl "$home/demo.txt"; do sleep 0.1; done
picture sandbox-demo http://127.0.0.1:18090/sandbox 1440 900
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
terminal check 1000 680 "$program" check "$home/mappings" --data "$home/data"
