//! Which of several sums is the order's: what is to be paid before a total, a total before a sum, and
//! these before a price. Parts of it (delivery, a discount, what is left to pay) are none of them.

use super::codes::folded;
use super::observe::ObservedField;

/// Codes of sums, those of the whole order first.
pub(super) const AMOUNTS: [&[&str]; 4] = [
    &[
        "коплате",
        "итогокоплате",
        "всегокоплате",
        "суммакоплате",
        "topay",
        "sumtopay",
        "totaltopay",
        "amounttopay",
        "totaldue",
        "amountdue",
        "grandtotal",
        "ordergrandtotal",
        "finalprice",
        "finalsum",
        "finalamount",
    ],
    &[
        "итого",
        "итогосумма",
        "итоговаясумма",
        "итоговаястоимость",
        "общаясумма",
        "общаястоимость",
        "всего",
        "суммазаказа",
        "стоимостьзаказа",
        "ценазаказа",
        "суммасделки",
        "суммаплатежа",
        "суммаоплаты",
        "total",
        "totals",
        "outsum",
        "totalsum",
        "totalsumm",
        "totalsumma",
        "ordersumm",
        "ordersumma",
        "totalamount",
        "totalprice",
        "totalcost",
        "totalvalue",
        "ordersum",
        "orderamount",
        "ordertotal",
        "orderprice",
        "ordercost",
        "ordervalue",
        "costmoney",
        "dealcost",
        "dealcostmoney",
        "dealsum",
        "dealamount",
        "paymentamount",
        "paymentsum",
        "carttotal",
        "cartsum",
    ],
    &["amount", "sum", "summ", "summa", "сумма"],
    &["price", "cost", "цена", "стоимость", "budget", "бюджет"],
];

/// Parts of names that make a sum another one than the order's.
const PARTS_OF_IT: &[&str] = &[
    "delivery",
    "shipping",
    "dostavk",
    "доставк",
    "discount",
    "скидк",
    "promo",
    "coupon",
    "купон",
    "tax",
    "vat",
    "ндс",
    "налог",
    "bonus",
    "бонус",
    "cashback",
    "кешб",
    "кэшб",
    "балл",
    "points",
    "prepay",
    "предоплат",
    "deposit",
    "аванс",
    "задат",
    "commission",
    "комисс",
    "fee",
    "tips",
    "чаевые",
    "left",
    "остат",
    "balance",
    "баланс",
    "debt",
    "долг",
    "refund",
    "возврат",
    "payed",
    "paid",
    "оплачен",
    "штраф",
    "старая",
    "oldprice",
    "упаковк",
    "подъем",
    "подъём",
];

/// Codes of the number of pieces: a price beside one is that of a piece.
const QUANTITIES: [&str; 6] = ["quantity", "qty", "count", "количество", "колво", "кол"];

/// Returns whether a field may be the order's sum, by its names.
pub(super) fn may_be_of_order(parents: &[String], code: &str) -> bool {
    let mut names = parents.iter().map(String::as_str).chain([code]);
    !names.any(|name| PARTS_OF_IT.iter().any(|part| name.contains(part)))
}

/// Returns how surely a field is the order's sum; the smallest is the surest.
pub(super) fn rank(code: &str) -> usize {
    let is_one = |codes: &&[&str]| codes.iter().any(|known| code.ends_with(known));
    let exact = AMOUNTS.iter().position(|codes| codes.contains(&code));
    let similar = || AMOUNTS.iter().position(is_one);
    exact.or_else(similar).unwrap_or(AMOUNTS.len())
}

/// Returns whether a price stands beside a number of pieces.
pub(super) fn is_of_piece<'o>(
    seen: &ObservedField,
    mut all: impl Iterator<Item = &'o ObservedField>,
) -> bool {
    rank(&folded(&seen.key)) + 1 >= AMOUNTS.len()
        && all.any(|other| {
            other.parents == seen.parents && QUANTITIES.contains(&folded(&other.key).as_str())
        })
}
