//! Every notice in both languages.

use jiff::SignedDuration;

use super::*;

fn voice(lang: Lang) -> Voice {
    Voice {
        lang,
        zone: TimeZone::fixed(jiff::tz::offset(3)),
        link: "https://leadgate.example/console".to_owned(),
        sources: SourceKinds::default(),
    }
}

fn subjects() -> Vec<Subject> {
    let text = str::to_owned;
    vec![
        Subject::Parked {
            profile: text("shop.yaml"),
            reason: text("missing-value"),
        },
        Subject::Paused {
            destination: text("crm:main"),
        },
        Subject::Profiles { crm: text("main") },
        Subject::Backlog,
        Subject::Disk,
        Subject::Silence {
            source: text("channels"),
            address: text("landing"),
        },
        Subject::Application { crm: text("main") },
    ]
}

fn notice(subject: &Subject) -> Notice {
    let at = Timestamp::from_second(1_790_000_000).unwrap();
    let count = if *subject == Subject::Disk {
        512 << 20
    } else {
        3
    };
    let finding = Finding {
        subject: subject.clone(),
        count,
        since: (*subject != Subject::Disk).then(|| at - SignedDuration::from_mins(30)),
        latest: None,
        cause: (subject.kind() == AlertKind::Paused).then_some(Cause::Unreachable),
    };
    Notice {
        kind: subject.kind(),
        at,
        news: vec![finding.clone()],
        more: 2,
        total: 3,
        over: vec![finding],
        more_over: 0,
    }
}

const ENGLISH: &str = "\
leadgate: 3 submissions wait for a person
profile shop.yaml, missing-value: 3, since 2026-09-21 16:43 UTC+3
… and 2 more

`leadgate journal --state parked` shows them, `leadgate explain` says why.

profile shop.yaml, missing-value: nothing is parked any more

https://leadgate.example/console

leadgate: 3 destinations are paused
crm:main cannot be reached; paused since 2026-09-21 16:43 UTC+3
… and 2 more

Submissions are accepted and kept; delivery resumes automatically. The log has the error.

crm:main works again

https://leadgate.example/console

leadgate: profiles do not fit the portal
connection main: 3 problems, since 2026-09-21 16:43 UTC+3
… and 2 more

`leadgate check --live` names every problem with its place.

connection main: the profiles fit the portal again

https://leadgate.example/console

leadgate: deliveries are late
3 submissions wait, the oldest since 2026-09-21 16:43 UTC+3
… and 2 more

`leadgate journal --state waiting` shows what waits and why.

no submission waits too long any more

https://leadgate.example/console

leadgate: the disk is nearly full
512 MB left on the disk of the data folder
… and 2 more

Make room: on a full disk leadgate accepts nothing.

there is enough room on the disk again

https://leadgate.example/console

leadgate: 3 sources are silent
channels/landing: nothing since 2026-09-21 16:43 UTC+3
… and 2 more

Check the sender: its form, its address of leadgate, its token.

channels/landing sends again

https://leadgate.example/console

leadgate: an administrator has to open the application in Bitrix24
crm.main: the application has lost its access to the portal, since 2026-09-21 16:43 UTC+3
… and 2 more

Open it in the portal's menu as an administrator: that gives it new tokens, and deliveries resume. \
`leadgate app status` says more.

crm.main: the application has access to the portal again

https://leadgate.example/console
";

const RUSSIAN: &str = "\
leadgate: отложено 3 обращения
профиль shop.yaml, missing-value: 3, с 2026-09-21 16:43 UTC+3
… и ещё 2

Их показывает `leadgate journal --state parked`, причину объясняет `leadgate explain`.

профиль shop.yaml, missing-value: отложенных больше нет

https://leadgate.example/console

leadgate: приостановлено 3 назначения
crm:main недоступно; доставка приостановлена с 2026-09-21 16:43 UTC+3
… и ещё 2

Обращения принимаются и хранятся, доставка продолжится сама. Текст ошибки есть в логе.

crm:main снова работает

https://leadgate.example/console

leadgate: профили не соответствуют порталу
подключение main: 3 несоответствия, с 2026-09-21 16:43 UTC+3
… и ещё 2

Каждое несоответствие с его местом назовёт `leadgate check --live`.

подключение main: профили снова соответствуют порталу

https://leadgate.example/console

leadgate: доставка запаздывает
3 обращения ждут, самое старое с 2026-09-21 16:43 UTC+3
… и ещё 2

Что ждёт и почему, покажет `leadgate journal --state waiting`.

ни одно обращение больше не ждёт слишком долго

https://leadgate.example/console

leadgate: на диске мало места
на диске с папкой данных осталось 512 МБ
… и ещё 2

Освободите место: на полном диске leadgate ничего не принимает.

места на диске снова достаточно

https://leadgate.example/console

leadgate: 3 источника молчат
channels/landing: ничего с 2026-09-21 16:43 UTC+3
… и ещё 2

Проверьте отправителя: форму, адрес leadgate, токен.

channels/landing снова отправляет

https://leadgate.example/console

leadgate: администратору нужно открыть приложение в Битрикс24
crm.main: приложение потеряло доступ к порталу, с 2026-09-21 16:43 UTC+3
… и ещё 2

Откройте его в меню портала под администратором: приложение получит новые токены, и доставка продолжится. \
Подробнее — `leadgate app status`.

crm.main: приложение снова работает с порталом

https://leadgate.example/console
";

#[test]
fn every_notice_says_what_since_when_and_what_to_do() {
    for (lang, expected) in [(Lang::En, ENGLISH), (Lang::Ru, RUSSIAN)] {
        let messages = subjects().into_iter().map(|subject| {
            let message = voice(lang).render(&notice(&subject));
            format!("{}\n{}\n", message.title, message.body)
        });
        assert_eq!(messages.collect::<Vec<_>>().join("\n"), expected);
    }
}

#[test]
fn a_notice_of_an_end_alone_says_so_in_its_title() {
    for (lang, word) in [(Lang::En, "over"), (Lang::Ru, "отбой")] {
        for subject in subjects() {
            let ended = Notice {
                news: Vec::new(),
                more: 0,
                ..notice(&subject)
            };
            let message = voice(lang).render(&ended);
            assert!(
                message.title.starts_with(&format!("leadgate: {word}: ")),
                "{message:?}"
            );
            assert!(!message.body.contains("leadgate journal"), "{message:?}");
        }
    }
}
