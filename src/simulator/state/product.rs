//! The product rows of a record.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// One row. Amounts are as they were sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(in crate::simulator) struct ProductRow {
    pub(in crate::simulator) id: u32,
    /// The product of the catalogue; 0 for none.
    pub(in crate::simulator) product: i64,
    pub(in crate::simulator) name: String,
    pub(in crate::simulator) price: f64,
    pub(in crate::simulator) quantity: f64,
    /// 1 for an amount, 2 for a percentage.
    pub(in crate::simulator) discount_type: i64,
    pub(in crate::simulator) discount_rate: f64,
    pub(in crate::simulator) discount_sum: f64,
    pub(in crate::simulator) tax_rate: Option<f64>,
    pub(in crate::simulator) tax_included: bool,
    pub(in crate::simulator) measure: i64,
    pub(in crate::simulator) sort: i64,
}

impl ProductRow {
    /// Returns the sum of the row.
    pub(in crate::simulator) fn total(&self) -> f64 {
        self.price * self.quantity
    }

    /// Returns the price without tax, and the prices before the discount without and with tax.
    fn prices(&self) -> (f64, f64, f64) {
        let tax = 1.0 + self.tax_rate.unwrap_or(0.0) / 100.0;
        let exclusive = self.price / tax;
        let netto = exclusive + self.discount();
        (cents(exclusive), cents(netto), cents(netto * tax))
    }

    /// Returns the discount of one piece, without tax.
    fn discount(&self) -> f64 {
        let tax = 1.0 + self.tax_rate.unwrap_or(0.0) / 100.0;
        match self.discount_type {
            2 if self.discount_rate > 0.0 && self.discount_rate < 100.0 => {
                self.price / tax * self.discount_rate / (100.0 - self.discount_rate)
            }
            _ => self.discount_sum,
        }
    }

    /// Returns the name of the unit. The portal has more of them; the codes are those of the
    /// classifier.
    fn measure_name(&self) -> &'static str {
        match self.measure {
            6 => "м",
            112 => "л",
            163 => "г",
            166 => "кг",
            _ => "шт",
        }
    }

    /// Returns the row as the older methods answer it (REST documentation,
    /// "crm.deal.productrows.get").
    pub(in crate::simulator) fn classic(&self, owner: u32, owner_type: &str) -> Value {
        let (exclusive, netto, brutto) = self.prices();
        json!({
            "ID": self.id.to_string(),
            "OWNER_ID": owner.to_string(),
            "OWNER_TYPE": owner_type,
            "PRODUCT_ID": self.product,
            "PRODUCT_NAME": self.name,
            "ORIGINAL_PRODUCT_NAME": self.name,
            "PRODUCT_DESCRIPTION": null,
            "PRICE": self.price,
            "PRICE_EXCLUSIVE": exclusive,
            "PRICE_NETTO": netto,
            "PRICE_BRUTTO": brutto,
            "PRICE_ACCOUNT": format!("{:.2}", self.price),
            "QUANTITY": self.quantity,
            "DISCOUNT_TYPE_ID": self.discount_type,
            "DISCOUNT_RATE": self.discount_rate,
            "DISCOUNT_SUM": cents(self.discount()),
            "TAX_RATE": self.tax_rate,
            "TAX_INCLUDED": if self.tax_included { "Y" } else { "N" },
            "CUSTOMIZED": "Y",
            "MEASURE_CODE": self.measure,
            "MEASURE_NAME": self.measure_name(),
            "SORT": self.sort,
            "XML_ID": "",
            "TYPE": 1,
            "STORE_ID": null,
            "RESERVE_ID": null,
            "DATE_RESERVE_END": null,
            "RESERVE_QUANTITY": null,
        })
    }

    /// Returns the row as the portal answers it.
    pub(in crate::simulator) fn answer(&self, owner: u32, owner_type: &str) -> Value {
        let (exclusive, netto, brutto) = self.prices();
        json!({
            "id": self.id,
            "ownerId": owner,
            "ownerType": owner_type,
            "productId": self.product,
            "productName": self.name,
            "price": self.price,
            "priceAccount": self.price,
            "priceExclusive": exclusive,
            "priceNetto": netto,
            "priceBrutto": brutto,
            "quantity": self.quantity,
            "discountTypeId": self.discount_type,
            "discountRate": self.discount_rate,
            "discountSum": cents(self.discount()),
            "taxRate": self.tax_rate,
            "taxIncluded": if self.tax_included { "Y" } else { "N" },
            "customized": "Y",
            "measureCode": self.measure,
            "measureName": self.measure_name(),
            "sort": self.sort,
            "xmlId": "",
            "type": 1,
            "storeId": null,
        })
    }
}

/// Rounds to hundredths, as the portal's columns do.
fn cents(amount: f64) -> f64 {
    (amount * 100.0).round() / 100.0
}
