//! Random texts of a given form, the same in every run and on every machine.

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "0123456789";

/// A generator whose numbers follow from its seed alone (splitmix64; Steele, Lea and Flood, OOPSLA 2014).
pub(crate) struct Dice(u64);

impl Dice {
    /// Seeded with a text, so that one case more changes no other.
    pub(crate) fn of(name: &str) -> Self {
        let fnv = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        Self(name.bytes().fold(0xcbf2_9ce4_8422_2325, fnv))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    fn letters(&mut self, alphabet: &str, count: usize) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..count).map(|_| letters[(self.next() % letters.len() as u64) as usize]).collect()
    }

    /// A text of this form. `%` and a letter stand for random characters, as many as the number behind it says:
    ///
    /// | | |
    /// |---|---|
    /// | `%x`, `%X` | hexadecimal, lower and upper case |
    /// | `%d` | digits |
    /// | `%w` | letters and digits |
    /// | `%a` | letters |
    /// | `%l`, `%U` | digits and lower, upper case |
    /// | `%u` | base64 for addresses |
    /// | `%b` | base64 |
    /// | `%p` | what passwords are made of |
    pub(crate) fn text(&mut self, form: &str) -> String {
        let mut out = String::new();
        let mut rest = form.chars().peekable();
        while let Some(next) = rest.next() {
            if next != '%' {
                out.push(next);
                continue;
            }
            let class = rest.next().unwrap_or_default();
            let mut count = String::new();
            while let Some(digit) = rest.next_if(char::is_ascii_digit) {
                count.push(digit);
            }
            let alphabet = match class {
                'x' => "0123456789abcdef".to_owned(),
                'X' => "0123456789ABCDEF".to_owned(),
                'd' => DIGITS.to_owned(),
                'a' => [LOWER, UPPER].concat(),
                'w' => [LOWER, UPPER, DIGITS].concat(),
                'l' => [LOWER, DIGITS].concat(),
                'U' => [UPPER, DIGITS].concat(),
                'u' => [LOWER, UPPER, DIGITS, "-_"].concat(),
                'b' => [LOWER, UPPER, DIGITS, "+/"].concat(),
                'p' => [LOWER, UPPER, DIGITS, "!#%*+-_~?"].concat(),
                other => panic!("`%{other}` in `{form}` stands for nothing"),
            };
            let count = count.parse().unwrap_or_else(|_| panic!("a count after % in `{form}`"));
            out.push_str(&self.letters(&alphabet, count));
        }
        out
    }
}
