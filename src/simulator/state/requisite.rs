//! The requisites of contacts and companies, and the templates that they are made by.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::kind::Kind;

/// A requisite: its fields by name, as the portal answers them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(in crate::simulator) struct Requisite(pub(in crate::simulator) Map<String, Value>);

impl Requisite {
    /// Returns the row with all its columns, of which only the filled ones are stored.
    pub(in crate::simulator) fn whole(&self, list: &'static str) -> Map<String, Value> {
        let mut row = Map::new();
        for (name, usual) in columns(list) {
            let value = self.0.get(name).cloned();
            let empty = match name {
                "DATE_MODIFY" => "".into(),
                _ => usual.map_or(Value::Null, Value::from),
            };
            row.insert(name.to_owned(), value.unwrap_or(empty));
        }
        for (name, value) in &self.0 {
            row.entry(name.clone()).or_insert_with(|| value.clone());
        }
        row
    }

    /// Returns whether this contact or company owns it.
    pub(in crate::simulator) fn belongs_to(&self, kind: Kind, id: u32) -> bool {
        let is = |name: &str, wanted: &str| self.text(name) == wanted;
        is("ENTITY_TYPE_ID", &kind.type_id().to_string()) && is("ENTITY_ID", &id.to_string())
    }

    /// Returns a field's text; empty if it has no value.
    pub(in crate::simulator) fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}

/// The columns of a requisite in the portal's order, each with its usual value; `-` is none (REST
/// documentation, "crm.requisite.get").
pub(in crate::simulator) const COLUMNS: &str = "\
ID - ENTITY_TYPE_ID - ENTITY_ID - PRESET_ID - DATE_CREATE - DATE_MODIFY - CREATED_BY_ID - \
MODIFY_BY_ID - NAME - CODE - XML_ID - ORIGINATOR_ID - ACTIVE Y ADDRESS_ONLY N SORT 500 RQ_NAME - \
RQ_FIRST_NAME - RQ_LAST_NAME - RQ_SECOND_NAME - RQ_COMPANY_ID - RQ_COMPANY_NAME - \
RQ_COMPANY_FULL_NAME - RQ_COMPANY_REG_DATE - RQ_DIRECTOR - RQ_ACCOUNTANT - RQ_CEO_NAME - \
RQ_CEO_WORK_POS - RQ_CONTACT - RQ_EMAIL - RQ_PHONE - RQ_FAX - RQ_IDENT_TYPE - RQ_IDENT_DOC - \
RQ_IDENT_DOC_SER - RQ_IDENT_DOC_NUM - RQ_IDENT_DOC_PERS_NUM - RQ_IDENT_DOC_DATE - \
RQ_IDENT_DOC_ISSUED_BY - RQ_IDENT_DOC_DEP_CODE - RQ_INN - RQ_KPP - RQ_USRLE - RQ_IFNS - RQ_OGRN - \
RQ_OGRNIP - RQ_OKPO - RQ_OKTMO - RQ_OKVED - RQ_EDRPOU - RQ_DRFO - RQ_KBE - RQ_IIN - RQ_BIN - \
RQ_ST_CERT_SER - RQ_ST_CERT_NUM - RQ_ST_CERT_DATE - RQ_VAT_PAYER N RQ_VAT_ID - RQ_VAT_CERT_SER - \
RQ_VAT_CERT_NUM - RQ_VAT_CERT_DATE - RQ_RESIDENCE_COUNTRY - RQ_BASE_DOC - RQ_REGON - RQ_KRS - \
RQ_PESEL - RQ_LEGAL_FORM - RQ_SIRET - RQ_SIREN - RQ_CAPITAL - RQ_RCS - RQ_CNPJ - RQ_STATE_REG - \
RQ_MNPL_REG - RQ_CPF -";

/// The columns of the details of a bank account, likewise (REST documentation,
/// "crm.requisite.bankdetail.get").
pub(in crate::simulator) const BANK_COLUMNS: &str = "\
ID - ENTITY_ID - COUNTRY_ID 1 DATE_CREATE - DATE_MODIFY - CREATED_BY_ID - MODIFY_BY_ID - NAME - \
CODE - XML_ID - ORIGINATOR_ID - ACTIVE Y SORT 500 RQ_BANK_NAME - RQ_BANK_CODE - RQ_BANK_ADDR - \
RQ_BANK_ROUTE_NUM - RQ_BIK - RQ_MFO - RQ_ACC_NAME - RQ_ACC_NUM - RQ_ACC_TYPE - RQ_IIK - \
RQ_ACC_CURRENCY - RQ_COR_ACC_NUM - RQ_IBAN - RQ_SWIFT - RQ_BIC - RQ_CODEB - RQ_CODEG - RQ_RIB - \
RQ_AGENCY_NAME - COMMENTS -";

/// The columns of a list with their usual values.
pub(in crate::simulator) fn columns(
    list: &'static str,
) -> impl Iterator<Item = (&'static str, Option<&'static str>)> {
    let mut words = list.split(' ');
    std::iter::from_fn(move || {
        let (name, usual) = (words.next()?, words.next()?);
        Some((name, Some(usual).filter(|it| *it != "-")))
    })
}

/// A template of requisites.
#[derive(Debug, Clone, Copy)]
pub(in crate::simulator) struct Preset {
    pub(in crate::simulator) id: u32,
    pub(in crate::simulator) name: &'static str,
    pub(in crate::simulator) code: &'static str,
}

/// The templates of a portal. Those for organisations, sole proprietors and individuals come with
/// it (REST documentation, "crm.requisite.preset.list"); that their codes end like this is our
/// inference from the reserved form `#CRM_REQUISITE_PRESET_DEF_...`.
pub(in crate::simulator) const PRESETS: [Preset; 3] = [
    Preset {
        id: 1,
        name: "Организация",
        code: "#CRM_REQUISITE_PRESET_DEF_RU_COMPANY#",
    },
    Preset {
        id: 2,
        name: "ИП",
        code: "#CRM_REQUISITE_PRESET_DEF_RU_INDIVIDUAL#",
    },
    Preset {
        id: 3,
        name: "Физ. лицо",
        code: "#CRM_REQUISITE_PRESET_DEF_RU_PERSON#",
    },
];
