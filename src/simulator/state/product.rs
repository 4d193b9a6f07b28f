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

    /// Returns the row as the portal answers it.
    pub(in crate::simulator) fn answer(&self, owner: u32, owner_type: &str) -> Value {
        json!({
            "id": self.id,
            "ownerId": owner,
            "ownerType": owner_type,
            "productId": self.product,
            "productName": self.name,
            "price": self.price,
            "priceAccount": self.price,
            "quantity": self.quantity,
            "discountTypeId": self.discount_type,
            "discountRate": self.discount_rate,
            "discountSum": self.discount_sum,
            "taxRate": self.tax_rate,
            "taxIncluded": if self.tax_included { "Y" } else { "N" },
            "customized": "Y",
            "measureCode": self.measure,
            "sort": self.sort,
        })
    }
}
