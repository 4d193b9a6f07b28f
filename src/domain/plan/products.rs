//! The product rows of a record.

use serde::{Deserialize, Serialize};

use super::OnUpdate;
use crate::domain::Personal;

/// What a profile makes of the list of goods in a packet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductsPlan {
    /// The rows, in the packet's order; never empty.
    pub rows: Vec<ProductRow>,
    /// What to do with the rows of a found record: keep or replace them, or fill in if there are
    /// none.
    pub on_update: OnUpdate,
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductRow {
    /// Its values. It has a name or the portal's id of a product.
    pub values: Vec<(ProductField, Personal)>,
    /// The place in the packet.
    pub place: String,
}

impl ProductRow {
    /// Returns the value of this field.
    pub fn get(&self, field: ProductField) -> Option<&str> {
        let value = self.values.iter().find(|(name, _)| *name == field);
        value.map(|(_, value)| value.as_str())
    }
}

/// A value of a product row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProductField {
    /// The name as the customer sees it.
    Name,
    /// The id of a product of the portal's catalogue.
    ProductId,
    /// The price of one, with discounts and taxes.
    Price,
    /// How many.
    Quantity,
    /// The discount in percent.
    DiscountRate,
    /// The discount as an amount of money.
    DiscountSum,
    /// The tax in percent.
    TaxRate,
    /// Whether the price includes the tax.
    TaxIncluded,
    /// The code of the unit of measurement.
    MeasureCode,
}

impl ProductField {
    /// All of them, in the order in which they are explained.
    pub const ALL: [Self; 9] = [
        Self::Name,
        Self::ProductId,
        Self::Price,
        Self::Quantity,
        Self::DiscountRate,
        Self::DiscountSum,
        Self::TaxRate,
        Self::TaxIncluded,
        Self::MeasureCode,
    ];

    /// Returns the key of profiles.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::ProductId => "product_id",
            Self::Price => "price",
            Self::Quantity => "quantity",
            Self::DiscountRate => "discount_rate",
            Self::DiscountSum => "discount_sum",
            Self::TaxRate => "tax_rate",
            Self::TaxIncluded => "tax_included",
            Self::MeasureCode => "measure_code",
        }
    }
}
