//! The page for signing in.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use maud::html;

use crate::console::bare;
use crate::console::parts::PATH;
use crate::domain::{Bilingual, Lang};

/// A name and a password that do not fit together.
pub(super) const WRONG: Bilingual<&str> = Bilingual::new(
    "The name or the password is wrong.",
    "Неверное имя или пароль.",
);
/// Too many wrong passwords.
pub(super) const TOO_OFTEN: Bilingual<&str> = Bilingual::new(
    "Too many wrong passwords. Wait a minute and try again.",
    "Слишком много неверных паролей. Подождите минуту и повторите.",
);
/// A form of another site.
pub(super) const FOREIGN: Bilingual<&str> = Bilingual::new(
    "The form came from another site. Enter the password here.",
    "Форма пришла с другого сайта. Введите пароль здесь.",
);
/// A link that has been used, or that is none.
pub(super) const USED_LINK: Bilingual<&str> = Bilingual::new(
    "This link has been used, the gateway has started again, or you came through a proxy. Take the \
     newest link from the gateway's output and open it on its machine.",
    "Ссылка уже использована, шлюз перезапущен, или вы пришли через прокси. Возьмите новую ссылку из \
     вывода шлюза и откройте её на его машине.",
);
/// A ticket that has been used, or that is none.
pub(super) const USED_TICKET: Bilingual<&str> = Bilingual::new(
    "This button has been pressed already, or too long ago. Open the page in the portal again.",
    "Эту кнопку уже нажимали, или с тех пор прошло много времени. Откройте страницу в портале ещё раз.",
);
/// A session that has ended.
pub(super) const ENDED: Bilingual<&str> = Bilingual::new(
    "Your session has ended. Sign in in another tab and try again; nothing here is lost.",
    "Сеанс завершён. Войдите в другой вкладке и повторите; здесь ничего не потеряно.",
);

/// What the page shows.
#[derive(Default)]
pub(super) struct SignInPage {
    pub(super) name: String,
    /// Where to go afterwards.
    pub(super) to: Option<String>,
    pub(super) problem: Option<Bilingual<&'static str>>,
    /// There are no users yet.
    pub(super) is_link_only: bool,
}

impl SignInPage {
    pub(super) fn reply(&self, lang: Lang) -> HttpResponse {
        let t = |en, ru| Bilingual::new(en, ru).pick(lang);
        let body = html! {
            @if let Some(problem) = self.problem {
                p.problem role="alert" { (problem.pick(lang)) }
            }
            @if self.is_link_only {
                p { (t("Open the sign-in link that the gateway printed when it started: it stands in its output, in the \
                        terminal or in the log of its service or container.",
                       "Откройте ссылку для входа, которую шлюз напечатал при запуске: она в его выводе — в терминале \
                        или в журнале службы или контейнера.")) }
                p { (t("For passwords, add users: ", "Для входа по паролю добавьте пользователей: "))
                    code { "leadgate user add NAME --role admin" } }
            } @else {
                form.card method="post" action={ (PATH) "/sign-in" } {
                    input type="hidden" name="to" value=[self.to.as_deref()];
                    label { (t("Name", "Имя"))
                        input name="name" value=(self.name) autocomplete="username" required autofocus; }
                    label { (t("Password", "Пароль"))
                        input type="password" name="password" autocomplete="current-password" required; }
                    button { (t("Sign in", "Войти")) }
                }
            }
        };
        let status = match self.problem {
            Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
            None => StatusCode::OK,
        };
        bare::page(
            lang,
            t("Sign in to leadgate", "Вход в leadgate"),
            &body,
            status,
        )
    }
}

/// Answers when nobody can sign in: other machines reach the gateway, and it has no users.
pub(super) fn closed(lang: Lang) -> HttpResponse {
    let t = |en, ru| Bilingual::new(en, ru).pick(lang);
    let body = html! {
        p { (t("The console is closed: other machines can reach this address, and nobody has a password yet.",
               "Консоль закрыта: этот адрес доступен другим машинам, а пароля ещё ни у кого нет.")) }
        p { (t("On the gateway's server, add the first user: ", "На сервере шлюза добавьте первого пользователя: "))
            code { "leadgate user add NAME --role admin" } }
    };
    let title = t("The console is closed", "Консоль закрыта");
    bare::page(lang, title, &body, StatusCode::FORBIDDEN)
}
