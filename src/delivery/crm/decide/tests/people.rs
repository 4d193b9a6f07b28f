//! Which contact is found, what it lacks, and who is responsible.

use super::*;

#[test]
fn a_found_contact_gets_what_it_lacks_and_keeps_its_name() {
    let decision = decided(&job(), &found(vec![row(84, &["8 912 345-67-89"], &[])]));
    assert_eq!(decision.contact, Some(id(84)));
    let Write::UpdateContact { fields, .. } = &decision.chain[0] else {
        panic!()
    };
    assert_eq!(fields.keys().collect::<Vec<_>>(), ["EMAIL"]);
    assert_eq!(explained(&decision)[0], "found contact 84 by PHONE");
}

#[test]
fn does_not_use_a_candidate_whose_phone_differs() {
    // +49 123 456 78 90 shares its digits with a number that was typed without a country code
    let decision = decided(&job(), &found(vec![row(7, &["+499123456789"], &[])]));
    assert_eq!(decision.contact, None);
    assert!(matches!(decision.chain[0], Write::AddContact { .. }));
}

#[test]
fn several_decides_among_matching_contacts() {
    let contacts = || {
        vec![
            row(1, &[PHONE], &[]),
            row(2, &[], &[EMAIL]),
            row(3, &[PHONE], &[EMAIL]),
        ]
    };
    let with = |several, match_| {
        let mut job = job();
        let contact = job.plan.contact.as_mut().unwrap();
        (contact.several, contact.match_) = (several, match_);
        if several == Several::Park {
            contact.conflict = Conflict::Park;
        }
        decide(&job, &found(contacts()), "o")
    };
    // contact 3 is the one that both keys find
    for several in [Several::Oldest, Several::Newest] {
        assert_eq!(with(several, Match::Any).unwrap().contact, Some(id(3)));
    }
    assert!(with(Several::Park, Match::Any).is_err());
    assert_eq!(
        with(Several::Oldest, Match::All).unwrap().contact,
        Some(id(3))
    );
    let all = with(Several::All, Match::Any).unwrap();
    assert!(
        all.chain
            .iter()
            .any(|w| matches!(w, Write::AddRecord { contacts, .. } if contacts.len() == 3))
    );
    assert_eq!(
        with(Several::Park, Match::All).unwrap().contact,
        Some(id(3))
    );
    let with = |several| {
        let mut job = job();
        job.plan.contact.as_mut().unwrap().several = several;
        let rows = vec![row(1, &[PHONE], &[EMAIL]), row(2, &[PHONE], &[EMAIL])];
        decide(&job, &found(rows), "o")
    };
    assert_eq!(with(Several::Oldest).unwrap().contact, Some(id(1)));
    assert_eq!(with(Several::Newest).unwrap().contact, Some(id(2)));
    assert!(matches!(
        with(Several::Park),
        Err(Verdict::Park {
            reason: ParkReason::SeveralContacts,
            ..
        })
    ));
}

#[test]
fn a_contact_without_a_name_is_named_by_its_phone() {
    let mut job = job();
    job.plan.contact.as_mut().unwrap().fields.remove(0);
    let decision = decided(&job, &found(vec![]));
    let Write::AddContact { fields, .. } = &decision.chain[0] else {
        panic!()
    };
    assert_eq!(fields["NAME"], json!(PHONE));
}

#[test]
fn a_group_matches_if_all_its_fields_match() {
    let with = |groups: &[&[&str]], rows: Vec<ContactRow>| {
        let mut job = job();
        let contact = job.plan.contact.as_mut().unwrap();
        contact.fields[0].role = FieldRole::Search;
        let owned = |group: &&[&str]| group.iter().map(|name| (*name).to_owned()).collect();
        contact.match_ = Match::Groups(groups.iter().map(owned).collect());
        decided(&job, &found(rows)).contact
    };
    let named = |name: &str, number, phones: &[&str], emails: &[&str]| {
        let mut row = row(number, phones, emails);
        row.fields.insert("NAME".into(), json!(name));
        row
    };
    let groups: &[&[&str]] = &[&["PHONE", "NAME"], &["EMAIL"]];
    assert_eq!(with(groups, vec![named("Борис", 1, &[PHONE], &[])]), None);
    assert_eq!(
        with(groups, vec![named("АННА", 1, &[PHONE], &[])]),
        Some(id(1))
    );
    assert_eq!(
        with(groups, vec![named("Борис", 1, &[], &[EMAIL])]),
        Some(id(1))
    );
    // a field without a value agrees with nothing
    assert_eq!(
        with(&[&["PHONE", "IM"]], vec![named("Анна", 1, &[PHONE], &[])]),
        None
    );
}

#[test]
fn adds_new_sites_and_messengers_whatever_the_profile_says() {
    let mut job = job();
    let fields = &mut job.plan.contact.as_mut().unwrap().fields;
    let site = PlannedValue::Site(Personal::from("https://anna.example/"));
    fields.push(field("WEB", site, FieldRole::Fill, OnUpdate::Keep));
    let name = PlannedValue::Messenger(Personal::from("@anna"));
    let mut messenger = field("IM", name, FieldRole::Fill, OnUpdate::Keep);
    messenger.value_type = Some("TELEGRAM".into());
    fields.push(messenger);
    let mut there = row(84, &[PHONE], &[EMAIL]);
    there.details.sites = vec!["http://www.anna.example".into()];
    let decision = decided(&job, &found(vec![there]));
    let Write::UpdateContact { fields, .. } = &decision.chain[0] else {
        panic!()
    };
    let expected = json!({"IM": [{"VALUE": "@anna", "VALUE_TYPE": "TELEGRAM"}]});
    assert_eq!(Some(fields), expected.as_object());
}

#[test]
fn employees_take_turns_and_unknown_ones_are_skipped() {
    let in_turn = |turn| {
        let mut job = job();
        let email = Email::parse("gone@firm.example").unwrap();
        let user = |id| Responsible::User(UserId::new(id).unwrap());
        let rota = vec![user(6), Responsible::Email(email), user(12)];
        job.plan.record.as_mut().unwrap().responsible = Some(Responsible::First(vec![
            Responsible::ContactOwner,
            Responsible::InTurn(rota),
        ]));
        job.turn = Some(turn);
        job
    };
    let assigned = |job: &CrmJob, findings: &Findings| {
        let chain = decided(job, findings).chain;
        let fields = chain.iter().find_map(|write| match write {
            Write::AddRecord { fields, .. } => Some(fields.clone()),
            _ => None,
        });
        fields.unwrap()["ASSIGNED_BY_ID"].clone()
    };
    let given: Vec<_> = (0..4)
        .map(|turn| assigned(&in_turn(turn), &found(vec![])))
        .collect();
    // evenly: the turn of the one who is gone is nobody's
    assert_eq!(given, [json!(6), json!(12), json!(6), json!(12)]);
    let told = explained(&decided(&in_turn(1), &found(vec![]))).join("\n");
    assert!(told.contains("turn 2, among 2"), "{told}");
    assert!(told.contains("gone@firm.example"), "{told}");
    // the contact is somebody's already
    let known = found(vec![row(84, &[PHONE], &[EMAIL])]);
    assert_eq!(assigned(&in_turn(0), &known), json!(9));
    assert!(!decided(&in_turn(0), &known).takes_a_turn());
    assert!(decided(&in_turn(0), &found(vec![])).takes_a_turn());
}

#[test]
fn explains_fields_that_must_match_together_as_one() {
    let explained = |match_: Match| {
        let mut job = job();
        job.plan.contact.as_mut().unwrap().match_ = match_;
        explained(&decided(&job, &Findings::default())).join("\n")
    };
    let group = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    assert!(explained(Match::Any).contains("this PHONE or EMAIL"));
    assert!(explained(Match::All).contains("this PHONE + EMAIL"));
    // LAST_NAME has no value here, so its group finds nobody
    let groups = vec![group(&["PHONE", "LAST_NAME"]), group(&["EMAIL"])];
    let told = explained(Match::Groups(groups));
    assert!(told.contains("this EMAIL"), "{told}");
    assert!(told.contains("LAST_NAME has no value"), "{told}");
    let both = vec![group(&["PHONE", "EMAIL"])];
    assert!(explained(Match::Groups(both)).contains("this PHONE + EMAIL"));
}
