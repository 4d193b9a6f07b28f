//! The steps after the CRM that a draft proposes: a letter and a request, behind `#`.

use super::FieldGroups;
use super::codes::Role;
use super::declare::{field_name, name};
use crate::domain::{Bilingual, Lang};

/// The fields that the steps send.
const SENT: [Role; 5] = [
    Role::FullName,
    Role::FirstName,
    Role::LastName,
    Role::Phone,
    Role::Email,
];

/// Returns the commented block.
pub(super) fn proposal(sorted: &FieldGroups<'_>, lang: Lang) -> String {
    let has = |role: &Role| sorted.roles.iter().any(|(known, _)| known == role);
    let fields: Vec<&str> = SENT.into_iter().filter(has).map(name).collect();
    let files: Vec<String> = sorted.files.iter().map(|seen| field_name(seen)).collect();
    let pick = |en: &'static str, ru: &'static str| Bilingual::new(en, ru).pick(lang);
    let placeholders: Vec<String> = fields
        .iter()
        .map(|name| format!("{{{{{name}}}}}"))
        .collect();
    let text = placeholders.join(", ");
    let members: Vec<String> = std::iter::once("deal: \"{{steps.crm.deal_id}}\"".to_owned())
        .chain(
            fields
                .iter()
                .map(|name| format!("{name}: \"{{{{{name}}}}}\"")),
        )
        .collect();
    let attached = if files.is_empty() {
        String::new()
    } else {
        format!("#       files: [{}]\n", files.join(", "))
    };
    let (deal, whom, mail, service, goes_on) = (
        pick("Deal", "Сделка"),
        pick("whom to tell", "кому написать"),
        pick(
            "a letter through the server of [mail] in the settings",
            "письмо через сервер из раздела [mail] настроек",
        ),
        pick(
            "a request to the service [http.orders] of the settings",
            "запрос к сервису [http.orders] из настроек",
        ),
        pick(
            "whether it succeeds or not, the next step follows",
            "следующий шаг выполняется, даже если этот не удался",
        ),
    );
    let head = pick(
        "# What happens after the CRM. To use a step, remove \"# \" before then: and before its lines.",
        "# Что сделать после CRM. Чтобы включить шаг, уберите «# » перед then: и перед его строками.",
    );
    format!(
        "
{head}
# then:
#   - mail:   # {mail}
#       to: sales@example.com   # {whom}
#       subject: \"{deal} {{{{steps.crm.deal_id}}}}\"
#       text: \"{deal} {{{{steps.crm.deal_id}}}}: {text}\"
{attached}#   - http: orders   # {service}
#     path: /orders
#     json: {{ {} }}
#     if_it_fails: continue   # {goes_on}
",
        members.join(", ")
    )
}
