//! Argon2id, a bounded number at one time.

use std::{sync::Arc, thread, time::Duration};

use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher, PasswordVerifier, Version};
use tokio::{sync::Semaphore, time::timeout};
use zeroize::Zeroizing;

use crate::AuthError;

/// Memory that all hashes together may take at one time, in KiB.
const MEMORY: u32 = 256 * 1024;

/// How long a login waits for its turn.
const PATIENCE: Duration = Duration::from_secs(10);

/// The parameters of new hashes: 19 MiB, two passes, one lane.
const PARAMS: Params = Params::DEFAULT;

/// The most that a stored hash may ask for: memory in KiB, passes, lanes.
const MOST: (u32, u32, u32) = (MEMORY, 32, 16);

/// A password's hash as a new line of a users file has it.
pub(crate) fn hash(password: &[u8]) -> Result<String, String> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, PARAMS)
        .hash_password(password)
        .map(|hash| hash.to_string())
        .map_err(|error| error.to_string())
}

/// Reads a stored hash, and says what checking it costs, in KiB times passes.
pub(crate) fn parse(text: &str) -> Result<(PasswordHash, Params), &'static str> {
    let hash = PasswordHash::new(text).map_err(|_| "the password hash cannot be read")?;
    if hash.algorithm.as_str() != "argon2id" {
        return Err("the password hash is not an Argon2id one");
    }
    let params = Params::try_from(&hash).map_err(|_| "the parameters of the password hash cannot be read")?;
    let (memory, passes, lanes) = MOST;
    if params.m_cost() > memory || params.t_cost() > passes || params.p_cost() > lanes {
        return Err("the password hash costs too much to check");
    }
    if hash.salt.is_none() || hash.hash.is_none() {
        return Err("the password hash has no salt or no value");
    }
    Ok((hash, params))
}

/// Checks passwords on blocking threads, so that all at one time stay within a bound of memory.
#[derive(Debug)]
pub(crate) struct Checker {
    permits: Arc<Semaphore>,
    /// Checked for names that nobody has: as costly as the most costly stored one, and fits no password.
    dummy: Arc<PasswordHash>,
}

impl Checker {
    /// A checker for hashes that cost at most what `params` say.
    pub(crate) fn new(params: &Params) -> Result<Self, String> {
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let fit = usize::try_from(MEMORY / params.m_cost().max(1)).unwrap_or(1);
        let mut salt = [0; 16];
        getrandom::fill(&mut salt).map_err(|error| error.to_string())?;
        let mut nobodys = Zeroizing::new([0; 32]);
        getrandom::fill(nobodys.as_mut()).map_err(|error| error.to_string())?;
        let dummy = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
            .hash_password_with_salt(nobodys.as_ref(), &salt)
            .map_err(|error| error.to_string())?;
        Ok(Self { permits: Arc::new(Semaphore::new(processors.min(fit).max(1))), dummy: Arc::new(dummy) })
    }

    /// The parameters of the more costly of two hashes.
    pub(crate) fn costlier(one: Params, other: Params) -> Params {
        let cost = |params: &Params| u64::from(params.m_cost()) * u64::from(params.t_cost());
        if cost(&one) >= cost(&other) { one } else { other }
    }

    /// Whether `password` fits `stored`; without one it fits nothing, after the same time.
    pub(crate) async fn check(
        &self,
        password: &[u8],
        stored: Option<Arc<PasswordHash>>,
    ) -> Result<bool, AuthError> {
        let unavailable = |cause: &str| AuthError::Unavailable(cause.to_owned());
        let permit = timeout(PATIENCE, Arc::clone(&self.permits).acquire_owned())
            .await
            .map_err(|_| unavailable("too many logins at one time"))?
            .map_err(|_| unavailable("shut down"))?;
        let password = Zeroizing::new(password.to_vec());
        let known = stored.is_some();
        let hash = stored.unwrap_or_else(|| Arc::clone(&self.dummy));
        tokio::task::spawn_blocking(move || {
            let fits = Argon2::default().verify_password(&password, &*hash).is_ok();
            drop(permit);
            fits & known
        })
        .await
        .map_err(|error| AuthError::Unavailable(error.to_string()))
    }
}

/// The parameters of new hashes.
pub(crate) fn default_params() -> Params {
    PARAMS
}
