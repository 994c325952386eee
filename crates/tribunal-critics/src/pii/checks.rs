//! Check digits, by the published algorithms. Digits are numbers from 0 to 9 here, not characters.

/// The digits of a text; whatever else is in it is left out.
pub(super) fn digits(text: &str) -> Vec<u8> {
    text.bytes().filter(u8::is_ascii_digit).map(|byte| byte - b'0').collect()
}

/// The digits as one number. Of more than 38 digits, the last ones.
pub(super) fn number(digits: &[u8]) -> u128 {
    digits.iter().fold(0, |sum, &digit| sum.wrapping_mul(10).wrapping_add(u128::from(digit)))
}

/// Whether all digits are the same: well-formed by many a check, and never given to anyone.
pub(super) fn all_same(digits: &[u8]) -> bool {
    digits.windows(2).all(|pair| matches!(pair, [a, b] if a == b))
}

/// The sum of the digits, each times its weight. What has no weight does not count.
pub(super) fn weighted(digits: &[u8], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(&digit, &weight)| u32::from(digit) * weight).sum()
}

/// Luhn: every second digit from the right doubled, the sum of all digits a multiple of ten.
pub(super) fn luhn(digits: &[u8]) -> bool {
    let double = |(place, &digit): (usize, &u8)| match (place % 2, u32::from(digit)) {
        (1, digit) if digit > 4 => digit * 2 - 9,
        (1, digit) => digit * 2,
        (_, digit) => digit,
    };
    !digits.is_empty()
        && digits.iter().rev().enumerate().map(double).sum::<u32>().is_multiple_of(10)
}

/// Verhoeff, over the dihedral group of order ten: India's Aadhaar.
pub(super) fn verhoeff(digits: &[u8]) -> bool {
    const SHIFT: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let shift = |digit: u8| SHIFT.get(usize::from(digit)).copied().unwrap_or_default();
    let times = |a: u8, b: u8| match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => 5 + (a + (b - 5)) % 5,
        (false, true) => 5 + ((a - 5) + 5 - b) % 5,
        (false, false) => ((a - 5) + 5 - (b - 5)) % 5,
    };
    let sum = digits.iter().rev().enumerate().fold(0, |sum, (place, &digit)| {
        times(sum, (0..place % 8).fold(digit, |digit, _| shift(digit)))
    });
    !digits.is_empty() && sum == 0
}

/// ISO 7064 MOD 11,10 with the last digit as the check digit: German tax and VAT numbers.
pub(super) fn mod_11_10(digits: &[u8]) -> bool {
    let Some((&last, rest)) = digits.split_last() else { return false };
    let product = rest.iter().fold(10, |product, &digit| {
        let sum = (u32::from(digit) + product) % 10;
        (if sum == 0 { 10 } else { sum }) * 2 % 11
    });
    (11 - product) % 10 == u32::from(last)
}

/// The product of weights and digits, its own digits added up: German insurance numbers.
pub(super) fn weighted_cross(digits: &[u8], weights: &[u32]) -> u32 {
    let cross = |number: u32| number / 10 + number % 10;
    digits.iter().zip(weights).map(|(&digit, &weight)| cross(u32::from(digit) * weight)).sum()
}

/// Whether these can be a month and a day.
pub(super) fn month_day(month: u128, day: u128) -> bool {
    let longest = match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => 0,
    };
    (1..=longest).contains(&day)
}

/// Part of the digits as a number; 0 where there are not that many.
pub(super) fn part(digits: &[u8], from: usize, to: usize) -> u128 {
    digits.get(from..to).map(number).unwrap_or_default()
}

/// Whether a bech32 or bech32m address (lower case, with its prefix) carries its checksum.
pub(super) fn bech32(address: &str) -> bool {
    const ALPHABET: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let Some((prefix, data)) = address.rsplit_once('1') else { return false };
    let high = prefix.bytes().map(|byte| Some(u32::from(byte >> 5)));
    let low = prefix.bytes().map(|byte| Some(u32::from(byte & 31)));
    let data =
        data.bytes().map(|byte| ALPHABET.iter().position(|&c| c == byte).map(|at| at as u32));
    let sum = high.chain([Some(0)]).chain(low).chain(data).try_fold(1_u32, |sum, value| {
        let top = sum >> 25;
        let bits = GENERATOR.iter().enumerate().filter(|(bit, _)| top >> bit & 1 == 1);
        Some(bits.fold((sum & 0x01ff_ffff) << 5 ^ value?, |sum, (_, generator)| sum ^ generator))
    });
    matches!(sum, Some(1 | 0x2bc8_30a3))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a number its check digit by trying all ten: exactly one may pass.
    fn only_one_digit_passes(rest: &str, check: fn(&[u8]) -> bool) {
        let passing = (0..10).filter(|digit| check(&digits(&format!("{rest}{digit}")))).count();
        assert_eq!(passing, 1, "{rest}");
    }

    #[test]
    fn every_number_has_exactly_one_check_digit() {
        for rest in ["7992739871", "123456789", "40128888", "9080706050"] {
            only_one_digit_passes(rest, luhn);
            only_one_digit_passes(rest, verhoeff);
            only_one_digit_passes(rest, mod_11_10);
        }
    }

    #[test]
    fn published_examples_pass() {
        assert!(luhn(&digits("79927398713")));
        assert!(verhoeff(&digits("2363")));
        assert!(bech32("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"));
        assert!(!bech32("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5"));
    }

    #[test]
    fn verhoeff_sees_swapped_neighbours() {
        let good = digits("2363");
        assert!(verhoeff(&good));
        assert!(!verhoeff(&digits("3263")));
        assert!(!verhoeff(&digits("2633")));
    }

    #[test]
    fn days_that_no_month_has_are_refused() {
        assert!(month_day(2, 29) && month_day(12, 31));
        assert!(!month_day(2, 30) && !month_day(4, 31) && !month_day(13, 1) && !month_day(1, 0));
    }
}
