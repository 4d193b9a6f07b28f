use super::*;

fn contact(id: i64) -> ContactId {
    ContactId::new(id).unwrap()
}

#[test]
fn a_step_is_told_in_both_languages_and_kept_as_data() {
    let found = Why::Contact(AboutContact::Found {
        id: contact(84),
        by: vec!["PHONE".into()],
        among: vec![contact(84), contact(91)],
        several: Several::Oldest,
    });
    assert_eq!(
        found.tell(Lang::En),
        "found contact 84 by PHONE; oldest of 2 (84, 91)"
    );
    assert_eq!(
        found.tell(Lang::Ru),
        "найден контакт 84, совпало: PHONE; самый старый из 2 (84, 91)"
    );
    let json = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<Why>(&json).unwrap(), found);
}

#[test]
fn several_deals_are_told_with_their_stages() {
    let why = Why::Record {
        kind: EntityKind::Deal,
        about: AboutRecord::OfContact {
            id: RecordId::new(9).unwrap(),
            stages: vec!["NEW".into(), "C1:NEW".into()],
        },
    };
    assert_eq!(
        why.tell(Lang::En),
        "2 open deals of the contact in stages NEW, C1:NEW; the newest, 9, is taken"
    );
}
