//! The server of `[memory.endpoint]`, with its key and the way to it.

use std::path::Path;
use std::time::Duration;

use throughline_model::config::memory::{EndpointSettings, KeySource};
use throughline_provider::{Endpoint, Proxy, Secret};

use crate::error::OpsError;
use crate::run::run;
use crate::spawn::command;
use crate::surroundings::Surroundings;

/// How long the program that prints a key may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the settings say, for one of the models in them.
///
/// # Errors
/// [`OpsError::Refused`]: the key can't be had. What was found of it is in no error.
pub(crate) fn endpoint(
    world: &Surroundings,
    settings: &EndpointSettings,
    model: &str,
) -> Result<Endpoint, OpsError> {
    let mut endpoint = Endpoint::new(settings, model, key(world, &settings.key)?);
    endpoint.proxy = Proxy::from_variables(&settings.base_url, world.variable);
    endpoint.retries.jitter = u64::from_le_bytes(world.entropy.bytes::<8>()?);
    Ok(endpoint)
}

fn key(world: &Surroundings, source: &KeySource) -> Result<Option<Secret>, OpsError> {
    let (text, whose) = match source {
        KeySource::None => return Ok(None),
        KeySource::Environment(name) => {
            ((world.variable)(name).unwrap_or_default(), format!("the variable {name}"))
        }
        KeySource::Command(words) => (printed(world, words)?, "what key_command prints".to_owned()),
    };
    match Secret::new(&text) {
        Some(secret) => Ok(Some(secret)),
        None => {
            let reason = format!("{whose} is no key ([memory.endpoint] in the settings)");
            Err(OpsError::Refused { reason })
        }
    }
}

/// What the user's own program prints. What it says beside that is not repeated: it may be about the key.
fn printed(world: &Surroundings, words: &[String]) -> Result<String, OpsError> {
    let Some((program, rest)) = words.split_first() else { return Ok(String::new()) };
    let failed = |problem: String| OpsError::Program { program: format!("`{program}`"), problem };
    let mut command = command(Path::new(program), world.home.root());
    let ran = run(command.args(rest), "", PATIENCE).map_err(|error| failed(error.to_string()))?;
    match ran.is_success {
        true => Ok(ran.stdout),
        false => Err(failed("failed: it is the key_command of [memory.endpoint]".to_owned())),
    }
}
