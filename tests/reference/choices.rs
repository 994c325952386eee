//! Choices that are made one after the other: in every possible way, or by chance.
//!
//! The same function that makes up a plan serves both: [`every`] calls it until it has made each choice in each
//! way, [`Choices::by_chance`] has a seed choose.

/// Whoever makes something up asks here for each thing that may be this or that.
pub(crate) enum Choices {
    /// What has been chosen so far and of how many, as the digits of a number that counts up.
    Counting { digits: Vec<(usize, usize)>, next: usize },
    /// The state of a generator (SplitMix64): the same seed chooses the same everywhere.
    Chance(u64),
}

impl Choices {
    pub(crate) fn by_chance(seed: u64) -> Self {
        Self::Chance(seed.wrapping_mul(0xD6E8_FEB8_6659_FD93))
    }

    /// A number below this one.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        match self {
            Self::Chance(state) => {
                *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
                let mut z = *state;
                z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
                ((z ^ (z >> 31)) % end as u64) as usize
            }
            Self::Counting { digits, next } => {
                if digits.len() == *next {
                    digits.push((0, end));
                }
                *next += 1;
                digits[*next - 1].0
            }
        }
    }

    pub(crate) fn of<T: Copy>(&mut self, options: &[T]) -> T {
        options[self.below(options.len())]
    }

    pub(crate) fn either(&mut self) -> bool {
        self.below(2) == 1
    }

    /// The next way to choose, if there is one: the last choice that was not the last of its kind goes one on.
    fn advance(&mut self) -> bool {
        let Self::Counting { digits, next } = self else { return false };
        *next = 0;
        while let Some((chosen, of)) = digits.last_mut() {
            *chosen += 1;
            if chosen < of {
                return true;
            }
            digits.pop();
        }
        false
    }
}

/// Has each choice made in every way, each time from the start.
pub(crate) fn every(mut make: impl FnMut(&mut Choices)) {
    let mut choices = Choices::Counting { digits: Vec::new(), next: 0 };
    loop {
        make(&mut choices);
        if !choices.advance() {
            return;
        }
    }
}

#[test]
fn every_way_to_choose_comes_up_once() {
    let mut ways = Vec::new();
    every(|choices| {
        let first = choices.below(3);
        // Later choices may depend on earlier ones.
        ways.push((first, if first == 1 { choices.of(&[7, 8]) } else { 0 }));
    });
    assert_eq!(ways, [(0, 0), (1, 7), (1, 8), (2, 0)]);
}
