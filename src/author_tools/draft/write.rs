//! The YAML of a draft, with comments in the author's language.

use super::codes::Role;
use super::declare::{declaration, field_name, name, proposal, role_places};
use super::goods::ObservedGoods;
use super::hooks::HookedItem;
use super::observe::{ObservedField, ObservedKind};
use super::origin::{path, quoted};
use super::{DraftOptions, FieldGroups, hooks, steps};
use crate::domain::text::ellipsis;
use crate::domain::{Bilingual, Lang};

/// The maximum length of the profile's name in titles.
const LONGEST_NAME: usize = 80;

/// The page and the UTM marks, and their fields in the CRM.
const MARKS: [(Role, &str); 6] = [
    (Role::Page, "SOURCE_DESCRIPTION"),
    (Role::UtmSource, "UTM_SOURCE"),
    (Role::UtmMedium, "UTM_MEDIUM"),
    (Role::UtmCampaign, "UTM_CAMPAIGN"),
    (Role::UtmContent, "UTM_CONTENT"),
    (Role::UtmTerm, "UTM_TERM"),
];

/// The messengers, and their kinds in the CRM.
const MESSENGERS: [(Role, &str); 4] = [
    (Role::Telegram, "TELEGRAM"),
    (Role::Vk, "VK"),
    (Role::Skype, "SKYPE"),
    (Role::Instagram, "INSTAGRAM"),
];

/// What the packets have.
#[derive(Clone, Copy)]
pub(super) struct DraftFacts<'d> {
    /// The number of packets, or of the submissions in them.
    pub(super) packets: usize,
    /// The `each` that their channel lacks.
    pub(super) each: Option<&'d str>,
    pub(super) sorted: &'d FieldGroups<'d>,
    pub(super) goods: Option<&'d ObservedGoods>,
    /// The item of amoCRM that the packets tell changes of.
    pub(super) item: Option<&'d HookedItem>,
}

/// Writes the whole file.
pub(super) fn profile(wanted: &DraftOptions, found: DraftFacts<'_>) -> String {
    let file = File {
        wanted,
        packets: found.packets,
        each: found.each,
        sorted: found.sorted,
        goods: found.goods,
        item: found.item,
        text: String::new(),
    };
    file.whole()
}

struct File<'d> {
    wanted: &'d DraftOptions,
    packets: usize,
    each: Option<&'d str>,
    sorted: &'d FieldGroups<'d>,
    goods: Option<&'d ObservedGoods>,
    item: Option<&'d HookedItem>,
    text: String,
}

impl File<'_> {
    fn whole(mut self) -> String {
        self.head();
        self.fields();
        self.contact();
        self.company();
        self.deal();
        self.products();
        self.line("");
        self.comment(
            "the whole answer goes into the deal's comment; none: it does not",
            "весь ответ попадает в комментарий сделки; none — не попадает",
        );
        self.line("comment: answers");
        self.files();
        self.text += &steps::proposal(self.sorted, self.wanted.lang);
        self.text
    }

    /// Returns the declaration of a file, and how often it is there.
    fn file(&self, seen: &ObservedField) -> (String, String) {
        let name = field_name(seen);
        let declaration = format!("{name}: {{ from: {}, as: file }}", path(seen));
        (declaration, self.rendered(&[seen]))
    }

    fn files(&mut self) {
        if self.sorted.files.is_empty() {
            return;
        }
        self.comment(
            "the files go into the timeline; for a field of type file write UF_CRM_SCAN: \"{{…}}\" \
             into fields of the deal",
            "файлы попадают в таймлайн; для поля типа «файл» впишите UF_CRM_SCAN: \"{{…}}\" в fields \
             сделки",
        );
        let names = self.sorted.files.iter();
        let names: Vec<String> = names.map(|seen| field_name(seen)).collect();
        self.line(&format!("files: [{}]", names.join(", ")));
    }

    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn pick<'w>(&self, en: &'w str, ru: &'w str) -> &'w str {
        Bilingual::new(en, ru).pick(self.wanted.lang)
    }

    fn comment(&mut self, en: &str, ru: &str) {
        let text = format!("# {}", self.pick(en, ru));
        self.line(&text);
    }

    fn has(&self, role: Role) -> bool {
        self.sorted.roles.iter().any(|(known, _)| *known == role)
    }

    /// Returns the address of the page, if the UTM marks are only there.
    fn page_with_marks(&self) -> Option<&ObservedField> {
        if MARKS
            .iter()
            .any(|(role, crm)| crm.starts_with("UTM_") && self.has(*role))
        {
            return None;
        }
        let pages = self
            .sorted
            .roles
            .iter()
            .filter(|(role, _)| *role == Role::Page);
        let mut places = pages.flat_map(|(_, places)| places.iter().copied());
        places.find(|seen| seen.marked > 0)
    }

    /// Returns whether there is a field to find a person by.
    fn finds(&self) -> bool {
        self.has(Role::Phone) || self.has(Role::Email) || self.has(Role::Telegram)
    }

    fn head(&mut self) {
        let packets = self.packets;
        self.comment(
            &format!(
                "A first draft; packets that it was made from: {packets}. Look through it and \
                 change what you like."
            ),
            &format!(
                "Черновик профиля: пакетов, по которым он составлен, {packets}. Проверьте его и \
                 поправьте."
            ),
        );
        if let Some((count, file)) = &self.wanted.by_default {
            self.comment(
                &format!(
                    "{count} of them were taken by {file}, which takes what no profile names: from now \
                     on this profile takes such packets."
                ),
                &format!(
                    "Из них {count} взял профиль {file}, который принимает всё остальное: теперь такие \
                     пакеты будет принимать этот профиль."
                ),
            );
        }
        if let Some(each) = self.each {
            self.comment(
                &format!(
                    "Each request is a list. First write `each: {each}` for the channel into \
                     _channels.yaml: then every row"
                ),
                &format!(
                    "Каждый запрос — список. Сначала добавьте каналу в _channels.yaml строку `each: \
                     {each}`: тогда каждая строка"
                ),
            );
            self.comment(
                "is a submission of its own. This profile is made for one row.",
                "списка станет отдельной заявкой. Профиль составлен для одной строки.",
            );
        }
        self.comment(
            "`leadgate preview` shows what becomes of a packet, `leadgate check` finds mistakes.",
            "Что выйдет из пакета, покажет `leadgate preview`; ошибки покажет `leadgate check`.",
        );
        let name = quoted(&self.wanted.name);
        self.line(&format!("name: {name}"));
        let receive = format!("receive: {}", self.wanted.receive);
        self.line(&receive);
        self.line("");
    }

    fn fields(&mut self) {
        let of_item = self.item.iter().flat_map(|item| &item.declarations);
        let declared: Vec<(String, String)> = self
            .sorted
            .roles
            .iter()
            .filter(|(role, _)| self.uses(*role))
            .map(|(role, places)| (declaration(*role, places), self.rendered(places)))
            .chain(self.sorted.files.iter().map(|seen| self.file(seen)))
            .chain(of_item.map(|line| (line.clone(), self.of_item())))
            .collect();
        let unused: Vec<(&ObservedField, Option<&str>)> = self
            .sorted
            .roles
            .iter()
            .filter(|(role, _)| !self.uses(*role))
            .flat_map(|(role, places)| role_places(*role, places))
            .chain(self.sorted.others.iter().map(|seen| (*seen, None)))
            .collect();
        if !declared.is_empty() {
            self.line("fields:");
        }
        for (declaration, shown) in declared {
            self.line(&format!("  {declaration}   # {shown}"));
        }
        if let Some(page) = self.page_with_marks() {
            let page = path(page);
            for (_, crm) in MARKS.iter().filter(|(_, crm)| crm.starts_with("UTM_")) {
                let mark = crm.to_lowercase();
                self.line(&format!(
                    "  {mark}: {{ from: {page}, as: url, part: query.{mark} }}"
                ));
            }
        }
        if unused.is_empty() {
            return;
        }
        self.line("");
        self.unused_head();
        let used: Vec<&str> = self
            .sorted
            .roles
            .iter()
            .filter(|(role, _)| self.uses(*role))
            .map(|(role, _)| name(*role))
            .collect();
        let of_item: &[&str] = self.item.map_or(&[], |_| &["amo_id", "amo_kind"]);
        let used = used.into_iter().chain(of_item.iter().copied());
        let mut names: Vec<String> = used.map(str::to_owned).collect();
        for (seen, of_role) in unused {
            let shown = self.rendered(&[seen]);
            let kinds = self.kinds(seen);
            let what = proposal(seen, of_role, &mut names);
            self.line(&format!("#   {what}   # {kinds}, {shown}"));
        }
    }

    fn unused_head(&mut self) {
        self.comment(
            "The packets had these as well (they are in the comment). To write one into the CRM, \
             remove the # before",
            "Ещё в пакетах было (в комментарий попадает и это). Чтобы записать такое поле в CRM, \
             уберите # перед",
        );
        self.comment(
            "its line and write its name, such as \"{{topic}}\", into a field of the deal or contact.",
            "строкой и впишите её имя, например \"{{topic}}\", в нужное поле сделки или контакта.",
        );
    }

    fn of_item(&self) -> String {
        let words = self.pick("the record in amoCRM", "запись в amoCRM");
        words.to_owned()
    }

    /// Describes how often a field has a value.
    fn rendered(&self, places: &[&ObservedField]) -> String {
        let packets = self.packets;
        if places.iter().all(|seen| hooks::is_read(&seen.path)) && self.wanted.reads_contacts {
            return self
                .pick("read from amoCRM", "читается из amoCRM")
                .to_owned();
        }
        let counts: Vec<String> = places.iter().map(|seen| seen.count.to_string()).collect();
        let counts = counts.join(" + ");
        match self.wanted.lang {
            Lang::Ru => format!("есть в {counts} из {packets}"),
            Lang::En => format!("in {counts} of {packets}"),
        }
    }

    fn kinds(&self, seen: &ObservedField) -> String {
        let words: Vec<&str> = seen
            .kinds
            .iter()
            .map(|kind| match kind {
                ObservedKind::Text => self.pick("text", "текст"),
                ObservedKind::Number => self.pick("number", "число"),
                ObservedKind::Flag => self.pick("yes/no", "да/нет"),
                ObservedKind::List => self.pick("list", "список"),
                ObservedKind::Block => self.pick("block", "блок"),
            })
            .collect();
        words.join(" / ")
    }

    /// Returns whether the draft can use it; fields of a contact are left out without a contact.
    fn uses(&self, role: Role) -> bool {
        match role {
            Role::Birthdate
            | Role::Position
            | Role::City
            | Role::SecondName
            | Role::Vk
            | Role::Skype
            | Role::Instagram => self.finds(),
            Role::Company => self.has(Role::Inn),
            _ => true,
        }
    }

    fn contact(&mut self) {
        self.line("");
        if !self.finds() {
            self.comment(
                "The packets have neither phone nor e-mail: nobody could be found, so no contact \
                 is made.",
                "Ни телефона, ни почты в пакетах нет: человека не найти, поэтому контакт не \
                 создаётся.",
            );
            self.line("contact: none");
            return;
        }
        self.comment(
            "search: true: a known contact is found by this field; phones and addresses it lacks \
             are added",
            "search: true — по этому полю ищется уже известный контакт; чего у него нет, добавится",
        );
        self.line("contact:");
        self.line("  fields:");
        let names = if self.has(Role::FullName) {
            [
                ("NAME", "fio.first"),
                ("LAST_NAME", "fio.last"),
                ("SECOND_NAME", "fio.second"),
            ]
        } else {
            [
                ("NAME", "firstname"),
                ("LAST_NAME", "lastname"),
                ("SECOND_NAME", "middlename"),
            ]
        };
        let known = [Role::FirstName, Role::LastName, Role::SecondName];
        for ((crm, field), role) in names.into_iter().zip(known) {
            if self.has(Role::FullName) || self.has(role) {
                self.slot(crm, field);
            }
        }
        for (role, crm) in [(Role::Phone, "PHONE"), (Role::Email, "EMAIL")] {
            if self.has(role) {
                let name = name(role);
                self.line(&format!(
                    "    {crm}: {{ value: \"{{{{{name}}}}}\", search: true }}"
                ));
            }
        }
        self.messengers();
        for (role, crm) in [
            (Role::Birthdate, "BIRTHDATE"),
            (Role::Position, "POST"),
            (Role::City, "ADDRESS_CITY"),
        ] {
            if self.has(role) {
                self.slot(crm, name(role));
            }
        }
    }

    /// Writes the messengers; a contact is found by its name in Telegram.
    fn messengers(&mut self) {
        let used = MESSENGERS.iter().filter(|(role, _)| self.has(*role));
        let values: Vec<String> = used
            .map(|(role, kind)| {
                let name = name(*role);
                let search = if *role == Role::Telegram {
                    ", search: true"
                } else {
                    ""
                };
                format!("{{ value: \"{{{{{name}}}}}\", type: {kind}{search} }}")
            })
            .collect();
        match values.as_slice() {
            [] => {}
            [one] => self.line(&format!("    IM: {one}")),
            several => self.line(&format!("    IM: [{}]", several.join(", "))),
        }
    }

    /// Writes the company, if the packets have its number. By its name alone no repeat would find it,
    /// so the block is only proposed.
    fn company(&mut self) {
        if !self.has(Role::Inn) {
            if self.has(Role::Company) {
                self.propose_company();
            }
            return;
        }
        self.line("");
        self.comment(
            "the company is found by its taxpayer number, which is stored in its requisites",
            "компания ищется по ИНН, он хранится в её реквизитах",
        );
        self.line("company:");
        self.line("  fields:");
        if self.has(Role::Company) {
            self.slot("TITLE", name(Role::Company));
        }
        let number = name(Role::Inn);
        self.line(&format!(
            "    RQ_INN: {{ value: \"{{{{{number}}}}}\", search: true }}"
        ));
    }

    fn propose_company(&mut self) {
        self.line("");
        self.comment(
            "The packets name a company, but no number to find it by: each of them would create \
             another one.",
            "В пакетах есть название компании, но нет ИНН, по которому её найти: каждый создал бы \
             новую.",
        );
        self.comment(
            "If that is what you want, remove the # of company in fields above, and of these lines:",
            "Если так и нужно, уберите # перед company в fields выше и в этих строках:",
        );
        self.line("# company:");
        self.line("#   without_key: create");
        self.line("#   fields: { TITLE: \"{{company}}\" }");
    }

    fn responsible(&mut self) {
        if self.wanted.receive.contains(" pbx:") {
            let text = self.pick("# the employee of the call", "# сотрудник, чей это звонок");
            self.line(&format!("  responsible: call_employee   {text}"));
        } else {
            self.comment(
                "  responsible: 6   # the employee who is responsible",
                "  responsible: 6   # ответственный",
            );
        }
    }

    fn slot(&mut self, crm: &str, field: &str) {
        self.line(&format!("    {crm}: \"{{{{{field}}}}}\""));
    }

    fn deal(&mut self) {
        self.line("");
        self.comment(
            "found: update: an open deal of the contact is brought up to date; always_create: a \
             new one each time",
            "found: update — если у контакта есть открытая сделка, обновляется она; always_create \
             — всегда новая",
        );
        self.line("deal:");
        self.line("  found: update");
        self.comment(
            "  stage: C1:NEW   # the stage and pipeline of a new deal",
            "  stage: C1:NEW   # стадия и воронка новой сделки",
        );
        self.responsible();
        self.line("  fields:");
        let title = quoted(&self.title());
        let keep = self.pick(
            "# keep: the title of a deal that is being worked on stays",
            "# keep — название сделки, которую уже ведут, не меняется",
        );
        self.line(&format!("    {keep}"));
        self.line(&format!("    TITLE: {{ value: {title}, on_update: keep }}"));
        self.item_key();
        if self.has(Role::OrderId) {
            let text = self.pick(
                "create this custom field in Bitrix24 and remove the first #: then a repeated order \
                 creates no second deal",
                "создайте это пользовательское поле в Битрикс24 и уберите первую #: тогда повторный заказ не \
                 создаст вторую сделку",
            );
            let text = format!(
                "    # UF_CRM_ORDER_ID: {{ value: \"{{{{order_id}}}}\", search: true }}   # {text}"
            );
            self.line(&text);
        }
        if self.has(Role::Amount) {
            self.slot("OPPORTUNITY", "amount");
            self.line("    CURRENCY_ID: RUB");
            if self.goods.is_some() {
                self.line("    IS_MANUAL_OPPORTUNITY: true");
            }
        }
        if self.has(Role::Comment) {
            self.slot("COMMENTS", "comment");
        }
        self.marks();
    }

    /// Writes the field by which the deal of an item of amoCRM is found again.
    fn item_key(&mut self) {
        if let Some(item) = self.item {
            let text = self.pick(
                "# every portal has this field: later changes of the same record of amoCRM find their deal by it",
                "# это поле есть на любом портале: следующие изменения той же записи amoCRM найдут по нему свою сделку",
            );
            self.line(&format!("    {text}"));
            let value = quoted(&item.value);
            self.line(&format!(
                "    ADDITIONAL_INFO: {{ value: {value}, search: true }}"
            ));
        }
    }

    /// Writes the page and the UTM marks.
    fn marks(&mut self) {
        let has_marks = self.page_with_marks().is_some();
        for (role, crm) in MARKS {
            if self.has(role) || (has_marks && crm.starts_with("UTM_")) {
                let name = name(role);
                let group = if crm.starts_with("UTM_") {
                    ", together: utm"
                } else {
                    ""
                };
                self.line(&format!(
                    "    {crm}: {{ value: \"{{{{{name}}}}}\", on_update: fill{group} }}"
                ));
            }
        }
    }

    fn products(&mut self) {
        let Some(goods) = self.goods else { return };
        let rows = self.pick(
            "# the goods become product rows; product_id names a product of the portal's catalogue",
            "# товары становятся строками сделки; product_id — товар из каталога портала",
        );
        self.line(&format!("  {rows}"));
        self.line("  products:");
        self.line(&format!("    each: {}", quoted(&goods.each)));
        self.line(&format!("    name: {}", quoted(&goods.name)));
        self.line(&format!("    price: {}", quoted(&goods.price)));
        if let Some(quantity) = &goods.quantity {
            self.line(&format!("    quantity: {}", quoted(quantity)));
        }
    }

    /// The profile's name, and who or which order it is.
    fn title(&self) -> String {
        let mut title = ellipsis(plain_words(&self.wanted.name).trim(), LONGEST_NAME);
        let names: &[&str] = if self.has(Role::FullName) {
            &["fio"]
        } else {
            match (self.has(Role::FirstName), self.has(Role::LastName)) {
                (true, true) => &["firstname", "lastname"],
                (true, false) => &["firstname"],
                (false, true) => &["lastname"],
                (false, false) => &[],
            }
        };
        for name in names {
            title.extend([" {{", name, "}}"]);
        }
        if self.has(Role::OrderId) {
            title.push_str(self.pick(", order {{order_id}}", ", заказ №{{order_id}}"));
        }
        title
    }
}

/// Keeps words and their punctuation: other signs may look like a placeholder of some template
/// language, a tag or a formula, and `check` would warn of them.
fn plain_words(name: &str) -> String {
    let mut before = ' ';
    name.chars()
        .map(|c| {
            let is_percentage = c == '%' && before.is_ascii_digit();
            before = c;
            if c.is_alphanumeric() || ".,:;!?()«»\"'—–-/№&+".contains(c) || is_percentage {
                c
            } else {
                ' '
            }
        })
        .collect()
}
