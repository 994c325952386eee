//! Who judges a line: the profile that it names and may name, as the config is by now.

use std::sync::{Arc, PoisonError, RwLock};

use serde_json::Value;
use tribunal_config::{Pipeline, Profiles};
use tribunal_core::{CriticInfo, Snapshot};
use tribunal_production::{Generation, Outline, ReloadError, Reloadable};

use crate::args::JudgeArgs;
use crate::exit::Trouble;
use crate::safe::shown;

/// The orchestrators of all profiles.
pub(super) struct Courts {
    /// Changed as a whole, since profiles come and go.
    all: RwLock<Arc<Profiles<Arc<Reloadable>>>>,
    choice: Option<Choice>,
    max_runs: usize,
}

/// Where a line names its profile, and which it may name.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    /// The members on the way through `context`.
    path: Vec<String>,
    allowed: Vec<String>,
}

impl Choice {
    /// What the command line asks for.
    pub(super) fn of(args: &JudgeArgs) -> Result<Option<Self>, Trouble> {
        let Some(from) = &args.profile_from else { return Ok(None) };
        let path: Vec<String> = from.split('.').map(str::to_owned).collect();
        match path.split_first() {
            Some((first, rest))
                if first == "context" && !rest.is_empty() && !rest.contains(&String::new()) =>
            {
                Ok(Some(Self { path: rest.to_vec(), allowed: args.allow_profile.clone() }))
            }
            _ => {
                let problem =
                    "`--profile-from` takes a member of `context`, as in `context.tenant_profile`";
                Err(Trouble::Usage(problem.to_owned()))
            }
        }
    }

    /// The profile that a snapshot names. Only what is allowed by name is ever looked up: whoever writes a snapshot
    /// may not choose freely, and must not get a weaker profile by misspelling one.
    fn named(&self, snapshot: &Snapshot) -> Result<Option<&str>, String> {
        let mut steps = self.path.iter();
        let mut here = steps.next().and_then(|step| snapshot.context().get(step));
        for step in steps {
            here = here.and_then(|value| value.get(step));
        }
        let member = || format!("`context.{}`", shown(&self.path.join(".")));
        match here {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(name)) => {
                let known = self.allowed.iter().find(|allowed| *allowed == name);
                let refused = || {
                    format!("{} names the profile `{}`, which it may not", member(), shown(name))
                };
                known.map(|name| Some(name.as_str())).ok_or_else(refused)
            }
            Some(_) => Err(format!("{} must be the name of a profile", member())),
        }
    }
}

impl Courts {
    /// Those of the base, and of the profiles that a line may name.
    pub(super) fn build(
        profiles: Profiles<Pipeline>,
        choice: Option<Choice>,
    ) -> Result<Self, Trouble> {
        let profiles = kept(profiles, choice.as_ref()).map_err(Trouble::Usage)?;
        let courts = profiles.build().map_err(Trouble::Plan)?;
        let max_runs = courts.base().max_runs();
        let all = courts.try_map(|_, court| Ok::<_, Trouble>(Arc::new(Reloadable::new(court))))?;
        Ok(Self { all: RwLock::new(Arc::new(all)), choice, max_runs })
    }

    fn all(&self) -> Arc<Profiles<Arc<Reloadable>>> {
        // Nothing is half done under the lock: one pointer is read, or written.
        Arc::clone(&self.all.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Who judges this snapshot, and under the name of which profile; or why nobody does.
    pub(super) fn of(
        &self,
        snapshot: &Snapshot,
    ) -> Result<(Arc<Generation>, Option<&str>), String> {
        let named =
            self.choice.as_ref().map(|choice| choice.named(snapshot)).transpose()?.flatten();
        let all = self.all();
        let court = match named {
            Some(name) => all.get(name).map_err(|error| error.to_string())?,
            None => all.base(),
        };
        Ok((court.current(), named))
    }

    /// The critics of the base, and those that other profiles have besides.
    pub(super) fn critics(&self) -> Vec<CriticInfo> {
        let all = self.all();
        let mut critics = all.base().current().critics().to_vec();
        for (_, court) in all.iter() {
            for critic in court.current().critics() {
                if critics.iter().all(|known| known.name != critic.name) {
                    critics.push(critic.clone());
                }
            }
        }
        critics
    }

    /// Who judges lines that name no profile; the same through all reloads.
    pub(super) fn base(&self) -> Arc<Reloadable> {
        Arc::clone(self.all().base())
    }

    /// What the plan of the base does.
    pub(super) fn outline(&self) -> Outline {
        self.all().base().current().outline()
    }

    /// How many runs of one profile go on at a time, as the config was at first.
    pub(super) fn max_runs(&self) -> usize {
        self.max_runs
    }

    /// Goes on with another config; gives the number of its generation.
    ///
    /// # Errors
    ///
    /// Why not, and nothing has changed: a profile that lines may name is gone.
    pub(super) fn reload(&self, profiles: Profiles<Pipeline>) -> Result<u64, String> {
        let profiles = kept(profiles, self.choice.as_ref())?;
        let before = self.all();
        // That each of them makes a plan was found out when it was loaded.
        let after = profiles.try_map(|name, pipeline| {
            let court = name.map_or(Ok(before.base()), |name| before.get(name));
            match court {
                Ok(court) => {
                    court.reload(pipeline.into_builder())?;
                    Ok(Arc::clone(court))
                }
                Err(_) => Ok(Arc::new(Reloadable::new(pipeline.build()?))),
            }
        });
        let after = after.map_err(|error: ReloadError| error.to_string())?;
        let number = after.base().current().number();
        *self.all.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(after);
        Ok(number)
    }
}

/// The base, and the profiles that a line may name.
fn kept(
    profiles: Profiles<Pipeline>,
    choice: Option<&Choice>,
) -> Result<Profiles<Pipeline>, String> {
    let allowed = choice.map_or(&[][..], |choice| &choice.allowed);
    profiles.keep(allowed).map_err(|error| error.to_string())
}
