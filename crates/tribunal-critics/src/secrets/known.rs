//! Keys that everyone knows: those that issuers print in their documentation, and those of public software.
//!
//! They are kept as hashes, so that no scanner takes this file for a leak. Most were collected by gitleaks
//! (MIT), whose rules let them pass too.

/// FNV-1a in 64 bits, in ascending order.
const KNOWN: &[u64] = &[
    0x08b5_4596_2adc_7d8b,
    0x1211_3c2e_6979_f447,
    0x294c_63f8_344d_5df1,
    0x29a3_36c7_244f_48dd,
    0x515c_b771_a423_8032,
    0x67e7_33c2_f903_5757,
    0x6835_e0f2_8883_2a40,
    0x6acb_d824_bd32_bbd4,
    0x816c_d10f_db11_ead0,
    0x8288_18f8_3325_7868,
    0x99b2_7263_46a1_e92a,
    0xadbd_04e3_fe1b_6d49,
    0xae7c_cf5b_6efd_eed2,
    0xc73f_1e61_952e_6987,
    0xc800_bf21_00a2_1c67,
    0xd8e1_3cde_d253_33c6,
    0xdb94_22f1_dd33_2dcc,
    0xddd1_9c48_6d09_5d84,
    0xe754_678e_a2b1_4ef1,
    0xe766_6dbb_286c_6c2e,
];

/// Whether this very text is published for everyone to use.
pub(super) fn is_known(secret: &[u8]) -> bool {
    KNOWN.binary_search(&fnv1a(secret)).is_ok()
}

fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one_and_the_list_in_order() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"a"), 0xaf63_dc4c_8601_ec8c);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
        assert!(KNOWN.is_sorted());
    }

    #[test]
    fn a_key_of_a_documentation_is_known_and_its_neighbour_is_not() {
        let published = ["sk_test_", "4eC39HqLyjWDarjt", "T1zdp7dc"].concat();
        assert!(is_known(published.as_bytes()));
        assert!(!is_known(published.replace('4', "5").as_bytes()));
    }
}
