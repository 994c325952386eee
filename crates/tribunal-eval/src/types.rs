//! Which words of data sets mean what critics call by another name.

use std::collections::BTreeMap;

/// What critics call it, and what data sets call it. Where both say the same but for case, nothing is listed.
const USUAL: &[(&str, &[&str])] = &[
    ("credit_card", &["CREDIT_CARD_NUMBER"]),
    ("crypto_address", &["CRYPTO"]),
    ("email", &["EMAIL_ADDRESS"]),
    ("iban", &["IBAN_CODE"]),
    ("ip", &["IP_ADDRESS"]),
    ("it_vat", &["IT_VAT_CODE"]),
    ("phone", &["PHONE_NUMBER", "PH_MOBILE_NUMBER", "TR_PHONE_NUMBER"]),
    ("sg_nric", &["SG_NRIC_FIN"]),
    ("us_aba_routing", &["ABA_ROUTING_NUMBER"]),
    ("us_bank", &["US_BANK_NUMBER"]),
    ("za_id", &["ZA_ID_NUMBER"]),
];

/// Which label of a critic's span means which type of the data.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Types(BTreeMap<String, Vec<String>>);

impl Types {
    /// Adds to what a critic's label means.
    pub fn add(&mut self, label: impl Into<String>, means: impl IntoIterator<Item = String>) {
        self.0.entry(label.into()).or_default().extend(means);
    }

    /// Whether a critic's label and a type of the data mean the same: the same word but for case, or listed so.
    #[must_use]
    pub fn same(&self, label: &str, kind: &str) -> bool {
        let usual = USUAL.iter().filter(|(name, _)| *name == label);
        label.eq_ignore_ascii_case(kind)
            || usual.flat_map(|(_, kinds)| kinds.iter()).any(|other| *other == kind)
            || self.0.get(label).is_some_and(|kinds| kinds.iter().any(|other| other == kind))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_the_same_by_name_by_use_or_by_what_is_added() {
        let mut types = Types::default();
        assert!(types.same("us_ssn", "US_SSN") && types.same("email", "EMAIL_ADDRESS"));
        assert!(!types.same("email", "PHONE_NUMBER") && !types.same("plate", "DE_KFZ"));
        types.add("plate", ["DE_KFZ".to_owned()]);
        assert!(types.same("plate", "DE_KFZ"));
    }
}
