//! Explains each key of `then`: the steps after the CRM. `*` stands for a name that the author
//! chooses.

use super::key::{Key, key};

/// The keys, in the order of the reference.
pub(super) const THEN_KEYS: &[Key] = &[
    key(
        "then",
        "the [steps](#steps-after-the-crm) after the CRM, in order; a profile may consist of them alone",
        "[шаги](#шаги-после-crm) после CRM, по порядку; профиль может состоять только из них",
    ),
    key(
        "then.http",
        "sends a request to this service, `http.NAME` of the settings",
        "отправляет запрос этому сервису, `http.NAME` из настроек",
    ),
    key(
        "then.crm",
        "changes what the step `crm` found or created",
        "меняет то, что нашёл или создал шаг `crm`",
    ),
    key(
        "then.name",
        "the step's name, for `{{steps.NAME.value}}` and for the history; default: the destination",
        "имя шага для `{{steps.NAME.value}}` и для истории; по умолчанию — имя сервиса",
    ),
    key(
        "then.when",
        "a [condition](#conditions), also on values of earlier steps: `{ steps.crm.deal_id: present }`; if it does not hold, the step is skipped",
        "[условие](#условия), можно и на значения прошлых шагов: `{ steps.crm.deal_id: present }`; если не выполнено, шаг пропускается",
    ),
    key(
        "then.if_it_fails",
        "if the step is refused for good: `park` (the steps after it wait for a person) · `continue`; default: `park`",
        "если в шаге окончательно отказано: `park` — следующие шаги ждут человека · `continue` — идти дальше; по умолчанию `park`",
    ),
    key(
        "then.method",
        "the HTTP method; default: `POST` with a body, `GET` without",
        "метод HTTP; по умолчанию `POST` с телом и `GET` без тела",
    ),
    key(
        "then.path",
        "a template, added to the destination's address; its values are percent-encoded",
        "шаблон, добавляется к адресу сервиса; значения кодируются",
    ),
    key(
        "then.query",
        "names and templates for the query; absent values are left out",
        "имена и шаблоны параметров адреса; без значения параметр не передаётся",
    ),
    key(
        "then.headers",
        "names and templates of header fields; those of the settings come first",
        "имена и шаблоны заголовков; заголовки из настроек важнее",
    ),
    key(
        "then.json",
        "the body as a JSON value with templates at its leaves; absent values leave their members out",
        "тело как значение JSON с шаблонами на концах; без значения поле не передаётся",
    ),
    key(
        "then.form",
        "the body as a form: names and templates",
        "тело как форма: имена и шаблоны",
    ),
    key(
        "then.body",
        "the body as text: a template, or a block with `text` or `template`, and `type`",
        "тело как текст: шаблон либо блок с `text` или `template` и `type`",
    ),
    key("then.body.text", "a template", "шаблон"),
    key(
        "then.body.template",
        "the name of a file in the templates folder",
        "имя файла из папки шаблонов",
    ),
    key(
        "then.body.type",
        "the `Content-Type`, by which values are escaped; default: `text/plain; charset=utf-8`",
        "`Content-Type`, по нему экранируются значения; по умолчанию `text/plain; charset=utf-8`",
    ),
    key(
        "then.success",
        "what counts as success: a status, a list of statuses, a test of the reply's JSON such as `$.ok == true`, or a block with `status` and `test`; default: statuses 200 to 299",
        "что считать успехом: статус, список статусов, условие на JSON ответа вида `$.ok == true` либо блок с `status` и `test`; по умолчанию статусы 200–299",
    ),
    key(
        "then.success.status",
        "a status or a list of statuses",
        "статус или список статусов",
    ),
    key(
        "then.success.test",
        "a test of the reply's JSON",
        "условие на JSON ответа",
    ),
    key(
        "then.save",
        "names for values of the reply, for later steps: `{ id: $.data.id }`",
        "имена для значений ответа, для следующих шагов: `{ id: $.data.id }`",
    ),
    key(
        "then.save.*.from",
        "a path in the reply's JSON, `headers.NAME` or `status`; required",
        "путь в JSON ответа, `headers.NAME` или `status`; обязательно",
    ),
    key(
        "then.save.*.missing",
        "if the reply lacks it: `skip` · `empty` (an empty text) · `fail` (the step is refused); default: `skip`",
        "если в ответе его нет: `skip` · `empty` — пустой текст · `fail` — шаг считается отклонённым; по умолчанию `skip`",
    ),
    key(
        "then.mail",
        "sends a letter through the mail server of the settings (`[mail]`)",
        "отправляет письмо через почтовый сервер из настроек (`[mail]`)",
    ),
    key(
        "then.mail.to",
        "an address or a list of addresses; a template such as `\"{{email}}\"` takes one from the packet; without a value there is one recipient less; required",
        "адрес или список адресов; шаблон вида `\"{{email}}\"` берёт адрес из пакета; без значения получателем меньше; обязательно",
    ),
    key(
        "then.mail.reply_to",
        "where answers go: an address or a template; default: the sender",
        "куда уйдёт ответ: адрес или шаблон; по умолчанию — отправителю",
    ),
    key(
        "then.mail.subject",
        "a template for the subject; required",
        "шаблон темы; обязательно",
    ),
    key("then.mail.text", "a template for the text", "шаблон текста"),
    key(
        "then.mail.template",
        "the text as a file in the templates folder",
        "текст как файл из папки шаблонов",
    ),
    key(
        "then.mail.html",
        "a template for the same as HTML; values are escaped",
        "шаблон того же в HTML; значения экранируются",
    ),
    key(
        "then.mail.html_template",
        "the HTML as a file in the templates folder",
        "HTML как файл из папки шаблонов",
    ),
    key(
        "then.mail.files",
        "declared fields with `as: file`, whose files are attached: `[resume, photos]`",
        "поля с `as: file`, файлы которых будут вложениями: `[resume, photos]`",
    ),
    key(
        "then.crm.update",
        "what to change: `contact`, `company`, `deal`, `lead` or `item`; required",
        "что менять: `contact`, `company`, `deal`, `lead` или `item`; обязательно",
    ),
    key(
        "then.crm.fields",
        "CRM fields and templates; they are overwritten",
        "поля CRM и шаблоны; значения перезаписываются",
    ),
    key(
        "then.crm.stage",
        "the code of the stage to move it to; not for contacts and companies",
        "код стадии, куда перевести; не для контактов и компаний",
    ),
    key(
        "then.crm.comment",
        "a template for a comment in the timeline; not for contacts",
        "шаблон комментария в таймлайне; не для контактов",
    ),
];
