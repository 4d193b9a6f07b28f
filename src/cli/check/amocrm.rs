//! `check --live`: asks each account of amoCRM that has a token whether it is the one of the
//! settings, whether its hook works, and whether it has what the profiles name.

use std::collections::BTreeMap;

use super::live::ProbePrinter;
use crate::amocrm::{AmoClient, Named, Pipelines};
use crate::app;
use crate::authoring::nearest_name;
use crate::cli::failure::Failure;
use crate::cli::out::{Ink, Out, clean};
use crate::config::{AmoSettings, HookCare, Settings};
use crate::domain::{AmoFailure, Bilingual, HOOKS, Lang, bilingual};
use crate::mapping::{FieldOwner, HookNames, NamedFields, ProfileSet};

/// The entities whose custom fields profiles read.
const ENTITIES: [&str; 3] = ["leads", "contacts", "companies"];

/// What an account has.
#[derive(Default)]
struct AccountNames {
    fields: BTreeMap<&'static str, Vec<Named>>,
    pipelines: Pipelines,
}

/// What is said about an account, and whether it is a failure.
struct Finding {
    ink: Ink,
    text: Bilingual,
}

impl Finding {
    fn bad(text: Bilingual) -> Self {
        let ink = Ink::Bad;
        Self { ink, text }
    }
}

/// Asks every account and prints the answers. Returns whether there was no failure.
pub(super) fn ask(
    settings: &Settings,
    profiles: &ProfileSet,
    printer: &ProbePrinter<'_>,
) -> Result<bool, Failure> {
    let mut well = true;
    for (name, account) in &settings.amocrm {
        let asked = Asked { name, account };
        let findings = if app::can_ask(settings, name) {
            let client = app::command_amocrm(settings, name);
            let client = client.map_err(|error| Failure::new(2, error))?;
            actix_web::rt::System::new().block_on(asked.ask(&client, profiles))
        } else {
            vec![Finding {
                ink: Ink::Dim,
                text: bilingual!(
                    "amocrm.{name} was not asked: it has no token; hooks are received all the same",
                    "amocrm.{name}: запроса не было, токена нет; хуки принимаются и без него"
                ),
            }]
        };
        for finding in findings {
            let is_failure = match finding.ink {
                Ink::Bad => true,
                Ink::Warn => printer.deny_warnings,
                _ => false,
            };
            well &= !is_failure;
            let text = clean(&finding.text.pick(printer.lang));
            Out::line(printer.out.ink(finding.ink, &text));
        }
    }
    Ok(well)
}

/// An account that is asked.
struct Asked<'a> {
    name: &'a str,
    account: &'a AmoSettings,
}

impl Asked<'_> {
    async fn ask(&self, client: &AmoClient, profiles: &ProfileSet) -> Vec<Finding> {
        let name = self.name;
        let facts = match client.account().await {
            Ok(facts) => facts,
            Err(AmoFailure::Network { .. }) if self.is_in_sandbox() => {
                let ink = Ink::Dim;
                let text = bilingual!(
                    "amocrm.{name} is that of the sandbox, which runs inside the gateway: start `leadgate serve` to ask it",
                    "amocrm.{name} — это аккаунт песочницы внутри шлюза: запустите `leadgate serve`, и он ответит"
                );
                return vec![Finding { ink, text }];
            }
            Err(failure) => return vec![self.failed(&failure)],
        };
        let (own, address) = (&self.account.account, &self.account.subdomain);
        if let Some(text) = facts.differs(own.as_deref(), address.as_deref()) {
            return vec![self.bad(&text)];
        }
        let (id, subdomain) = (&facts.account, &facts.subdomain);
        let mut findings = vec![Finding {
            ink: Ink::Good,
            text: bilingual!(
                "amocrm.{name} takes the token; account: {subdomain}, number {id}",
                "amocrm.{name} принимает токен; аккаунт: {subdomain}, номер {id}"
            ),
        }];
        findings.extend(self.hook(client).await);
        match names(client).await {
            Ok(known) => findings.extend(self.compared(&known, profiles)),
            Err(failure) => findings.push(self.failed(&failure)),
        }
        findings
    }

    fn is_in_sandbox(&self) -> bool {
        let api = self.account.api.as_ref();
        api.is_some_and(|api| api.url == app::SANDBOX)
    }

    /// Returns the account's name in the settings.
    fn head(&self) -> String {
        format!("amocrm.{}", self.name)
    }

    /// Reports what is wrong with the account.
    fn bad(&self, text: &Bilingual) -> Finding {
        let head = self.head();
        Finding::bad(text.map(|text| format!("{head}: {text}")))
    }

    fn failed(&self, failure: &AmoFailure) -> Finding {
        self.bad(&failure.text())
    }

    /// Returns what is said about the hook that leads here; nothing if nobody cares for it.
    async fn hook(&self, client: &AmoClient) -> Option<Finding> {
        let name = self.name;
        let watch = self.account.api.as_ref()?.watch;
        let hooks = match client.hooks().await {
            Ok(hooks) => hooks,
            // the token works, but not for this
            Err(AmoFailure::Refused { status: 403, .. }) => {
                return Some(Finding {
                    ink: Ink::Warn,
                    text: bilingual!(
                        "amocrm.{name}: the token has not the rights of an administrator, so its hooks cannot be read",
                        "amocrm.{name}: у токена нет прав администратора, поэтому список хуков не прочитать"
                    ),
                });
            }
            Err(failure) => return Some(self.failed(&failure)),
        };
        let own = app::own_hook(name, self.account);
        let mut own = hooks.iter().filter(|hook| own.is_one(hook)).peekable();
        let text = if own.peek().is_none() {
            bilingual!(
                "amocrm.{name}: no hook leads to leadgate; `leadgate amocrm hooks add {name}` adds it",
                "amocrm.{name}: ни один хук не ведёт в leadgate; добавьте его: `leadgate amocrm hooks add {name}`"
            )
        } else if own.all(|hook| hook.is_disabled) {
            bilingual!(
                "amocrm.{name}: amoCRM has switched the hook off; `leadgate amocrm hooks add {name}` switches it on",
                "amocrm.{name}: amoCRM выключил хук; включите его: `leadgate amocrm hooks add {name}`"
            )
        } else {
            return Some(Finding {
                ink: Ink::Good,
                text: bilingual!(
                    "amocrm.{name}: the hook is there and on",
                    "amocrm.{name}: хук на месте и включён"
                ),
            });
        };
        // without a watch, hooks come some other way
        let ink = if watch == HookCare::Off {
            Ink::Warn
        } else {
            Ink::Bad
        };
        Some(Finding { ink, text })
    }

    /// Returns what the settings and the profiles name and the account does not have.
    fn compared(&self, known: &AccountNames, profiles: &ProfileSet) -> Vec<Finding> {
        let name = self.name;
        let mut findings = Vec::new();
        for (key, ids, all) in [
            ("stages", &self.account.stages, &known.pipelines.stages),
            (
                "pipelines",
                &self.account.pipelines,
                &known.pipelines.pipelines,
            ),
        ] {
            let missing = ids
                .keys()
                .filter(|id| !all.iter().any(|one| one.id == **id));
            findings.extend(missing.map(|id| {
                Finding::bad(bilingual!(
                    "amocrm.{name}.{key}.{id}: the account has no such number",
                    "amocrm.{name}.{key}.{id}: такого номера в аккаунте нет"
                ))
            }));
        }
        let profiles = profiles.profiles().iter();
        for profile in profiles.filter(|it| it.addresses(HOOKS).any(|it| it == name)) {
            let missing = known.missing(&profile.hook_names());
            let (file, head) = (profile.file(), self.head());
            findings.extend(
                missing
                    .into_iter()
                    .map(|text| Finding::bad(text.map(|text| format!("{file}: {text} ({head})")))),
            );
        }
        findings
    }
}

/// Asks for the names.
async fn names(client: &AmoClient) -> Result<AccountNames, AmoFailure> {
    let mut names = AccountNames {
        pipelines: client.pipelines().await?,
        ..AccountNames::default()
    };
    for entity in ENTITIES {
        let fields = client.custom_fields(entity).await?;
        names.fields.insert(entity, fields);
    }
    Ok(names)
}

impl AccountNames {
    /// Returns what a profile names and the account does not have.
    fn missing(&self, wanted: &HookNames) -> Vec<Bilingual> {
        let fields = wanted.fields.iter().filter_map(|field| self.field(field));
        let mut missing: Vec<Bilingual> = fields.collect();
        let known = &self.pipelines;
        for (wanted, known, (en, ru)) in [
            (&wanted.pipelines, &known.pipelines, ("pipeline", "воронки")),
            (&wanted.stages, &known.stages, ("stage", "стадии")),
        ] {
            for name in wanted.iter().filter(|name| !is_any(known, name)) {
                let advice = advice(known.iter(), name);
                let (meant, meant_ru) = (advice.in_lang(Lang::En), advice.in_lang(Lang::Ru));
                missing.push(bilingual!(
                    "the account has no {en} `{name}`{meant}",
                    "в аккаунте нет {ru} `{name}`{meant_ru}"
                ));
            }
        }
        missing
    }

    /// Returns what is said of a declared field none of whose custom fields exists.
    fn field(&self, wanted: &NamedFields) -> Option<Bilingual> {
        let entities: &[&str] = match wanted.owner {
            FieldOwner::Item => &ENTITIES,
            FieldOwner::Contact => &["contacts"],
            FieldOwner::Company => &["companies"],
        };
        let known = || {
            let lists = entities.iter().filter_map(|entity| self.fields.get(entity));
            lists.flatten()
        };
        let exists = |name: &String| known().any(|field| field.is_called(name));
        if wanted.names.iter().any(exists) {
            return None;
        }
        let field = &wanted.field;
        let names = wanted.names.join("`, `");
        let first = wanted.names.first().map_or("", String::as_str);
        let advice = advice(known(), first);
        let (en, ru) = (advice.in_lang(Lang::En), advice.in_lang(Lang::Ru));
        Some(bilingual!(
            "fields.{field}: the account has no custom field `{names}`{en}",
            "fields.{field}: в аккаунте нет дополнительного поля `{names}`{ru}"
        ))
    }
}

fn is_any(known: &[Named], wanted: &str) -> bool {
    known.iter().any(|one| one.is_called(wanted))
}

/// Says what may be meant.
fn advice<'n>(known: impl Iterator<Item = &'n Named>, wanted: &str) -> Bilingual {
    let names: Vec<&str> = known
        .flat_map(|one| one.names.iter().map(String::as_str))
        .collect();
    match nearest_name(wanted, &names) {
        Some(near) => bilingual!(
            "; did you mean `{near}`?",
            "; возможно, имелось в виду `{near}`"
        ),
        None => Bilingual::empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(id: &str, names: &[&str]) -> Named {
        Named {
            id: id.to_owned(),
            names: names.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    fn account() -> AccountNames {
        let fields = [
            ("leads", vec![named("1", &["ORDERID", "Номер заказа"])]),
            ("contacts", vec![named("2", &["PHONE", "Телефон"])]),
            ("companies", vec![named("3", &["ИНН"])]),
        ];
        AccountNames {
            fields: fields.into_iter().collect(),
            pipelines: Pipelines {
                pipelines: vec![named("7", &["Курсы"])],
                stages: vec![named("142", &["Успешно реализовано"])],
            },
        }
    }

    #[test]
    fn what_an_account_lacks_is_named_with_what_is_meant() {
        use FieldOwner::{Company, Contact, Item};
        for (owner, names, said) in [
            (Item, &["ORDERID"][..], None),
            (Item, &["нет", "номер заказа"], None),
            (Item, &["1"], None),
            (Item, &["PHONE"], None),
            (Contact, &["phone"], None),
            (Company, &["инн"], None),
            (
                Item,
                &["ORDRID"],
                Some("fields.x: the account has no custom field `ORDRID`; did you mean `ORDERID`?"),
            ),
            (
                Contact,
                &["ORDERID"],
                Some("fields.x: the account has no custom field `ORDERID`"),
            ),
            (
                Company,
                &["ИНН2", "КПП"],
                Some(
                    "fields.x: the account has no custom field `ИНН2`, `КПП`; did you mean `ИНН`?",
                ),
            ),
        ] {
            let field = NamedFields {
                field: "x".to_owned(),
                owner,
                names: names.iter().map(|&name| name.to_owned()).collect(),
            };
            let found = account().field(&field);
            let found = found.map(|text| text.pick(Lang::En));
            assert_eq!(found.as_deref(), said, "{names:?}");
        }
        let wanted = HookNames {
            fields: Vec::new(),
            pipelines: vec!["курсы".to_owned(), "7".to_owned(), "Курс".to_owned()],
            stages: vec!["142".to_owned(), "144".to_owned()],
        };
        let missing = account().missing(&wanted).into_iter();
        let missing: Vec<String> = missing.map(|text| text.pick(Lang::Ru)).collect();
        assert_eq!(
            missing,
            [
                "в аккаунте нет воронки `Курс`; возможно, имелось в виду `Курсы`",
                "в аккаунте нет стадии `144`"
            ]
        );
    }
}
