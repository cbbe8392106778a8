//! Randomness for ids and temporary names.

use std::sync::Mutex;

use crate::error::StoreError;

/// Where random bytes come from.
#[derive(Debug, Default)]
pub enum Entropy {
    /// The operating system.
    #[default]
    System,
    /// A fixed sequence, for tests: the same seed, the same ids.
    Seeded(Mutex<u64>),
}

impl Entropy {
    /// A fixed sequence.
    pub fn seeded(seed: u64) -> Self {
        Self::Seeded(Mutex::new(seed))
    }

    /// Random bytes.
    pub fn bytes<const N: usize>(&self) -> Result<[u8; N], StoreError> {
        let mut bytes = [0; N];
        match self {
            Self::System => fill(&mut bytes)?,
            Self::Seeded(state) => {
                let mut state = state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                bytes.fill_with(|| splitmix(&mut state));
            }
        }
        Ok(bytes)
    }
}

fn fill(bytes: &mut [u8]) -> Result<(), StoreError> {
    getrandom::fill(bytes).map_err(|_| StoreError::System { what: "random bytes" })
}

/// SplitMix64 (Steele, Lea, Flood 2014): enough for test ids.
fn splitmix(state: &mut u64) -> u8 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (z ^ (z >> 31)).to_le_bytes()[0]
}

/// Random hex digits for a temporary name.
pub(crate) fn hex(digits: usize) -> Result<String, StoreError> {
    let mut bytes = [0; 16];
    fill(&mut bytes)?;
    Ok(bytes.iter().map(|b| format!("{b:02x}")).collect::<String>()[..digits.min(32)].to_owned())
}
