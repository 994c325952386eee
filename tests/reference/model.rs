//! What gates and verdicts must come to, put as plainly as it can be, with nothing of the engine in it.
//!
//! A [`Plan`] is data. [`Plan::arranged`] settles who sees whom, or refuses; [`Arranged::judge`] says what must
//! become of each critic, and of the run, if every critic that is called does what is written down for it.

/// What can be called for, mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Call {
    Allow,
    Review,
    Block,
}

/// What a critic does when it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Does {
    /// Has nothing to object to.
    Clean,
    /// Objects, mildly.
    Objects,
    /// Finds it bad, without naming a violation.
    Frowns,
    /// Objects, strongly.
    Condemns,
    /// Has nothing to object to, and is not sure.
    Doubts,
    Fails,
    Panics,
    /// Says something that is no number.
    Lies,
}

/// When a critic is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Policy {
    Always,
    OnViolation,
    OnHighRisk,
    OnUncertainty,
    /// If there is an opinion among what it sees.
    IfAnyoneSpoke,
    /// A condition that cannot be evaluated.
    Unclear,
}

/// One critic. Severities and doubts are in percent.
#[derive(Debug, Clone)]
pub(crate) struct Critic {
    pub(crate) stage: usize,
    pub(crate) priority: u8,
    /// It is not for the phase of the snapshot.
    pub(crate) elsewhere: bool,
    pub(crate) policy: Policy,
    pub(crate) depends_on: Vec<usize>,
    pub(crate) run_anyway: bool,
    pub(crate) monitored: bool,
    pub(crate) failure: Call,
    pub(crate) review_at: Option<u8>,
    pub(crate) block_at: Option<u8>,
}

/// The critics by stage and priority, and whether the snapshot states a high risk.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) critics: Vec<Critic>,
    pub(crate) risky: bool,
}

/// What becomes of one critic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Spoke(Does),
    /// With the status and the kind that the report gives.
    Failed(&'static str, &'static str),
    /// With the kind that the report gives.
    Gated(&'static str),
    /// For a critic without an opinion: which one, and whether that was as it should be.
    Skipped(usize, bool),
}

/// Why a verdict is not `allow`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    Critic(usize),
    NobodySpoke,
}

/// What becomes of a run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Judged {
    pub(crate) fates: Vec<Fate>,
    /// What each calls for, monitored or not.
    pub(crate) calls: Vec<Option<Call>>,
    pub(crate) verdict: Call,
    pub(crate) causes: Vec<Cause>,
    pub(crate) let_pass: Vec<usize>,
}

/// A plan with what follows from it for every run.
#[derive(Debug)]
pub(crate) struct Arranged<'p> {
    plan: &'p Plan,
    pub(crate) sees: Vec<Vec<usize>>,
    order: Vec<usize>,
}

impl Does {
    /// The worst severity of the opinion, if there is one.
    pub(crate) fn severity(self) -> Option<u8> {
        match self {
            Self::Clean | Self::Doubts => Some(0),
            Self::Objects => Some(20),
            Self::Frowns => Some(40),
            Self::Condemns => Some(80),
            Self::Fails | Self::Panics | Self::Lies => None,
        }
    }

    pub(crate) fn has_violation(self) -> bool {
        matches!(self, Self::Objects | Self::Condemns)
    }

    pub(crate) fn doubt(self) -> u8 {
        if self == Self::Doubts { 70 } else { 0 }
    }
}

impl Policy {
    fn reads_outcomes(self) -> bool {
        !matches!(self, Self::Always | Self::OnHighRisk)
    }
}

impl Fate {
    fn opinion(self) -> Option<Does> {
        if let Self::Spoke(does) = self { Some(does) } else { None }
    }

    /// An opinion should have come of it, and did not.
    pub(crate) fn is_failure(self) -> bool {
        matches!(self, Self::Failed(..) | Self::Skipped(_, false))
    }
}

impl Plan {
    /// `None` where critics would wait for each other, or depend on what they must not depend on.
    pub(crate) fn arranged(&self) -> Option<Arranged<'_>> {
        let places = 0..self.critics.len();
        let sees: Vec<Vec<usize>> = places.clone().map(|place| self.sees(place)).collect();
        for critic in &self.critics {
            for on in critic.depends_on.iter().map(|&on| &self.critics[on]) {
                if on.stage > critic.stage || (on.monitored && !critic.monitored) {
                    return None;
                }
            }
        }
        let mut order: Vec<usize> = Vec::new();
        while order.len() < self.critics.len() {
            let ready = |place: &usize| {
                !order.contains(place) && sees[*place].iter().all(|other| order.contains(other))
            };
            let next = places.clone().find(ready)?;
            order.push(next);
        }
        Some(Arranged { plan: self, sees, order })
    }

    /// Earlier stages, dependencies, and for a gate that reads outcomes those before it in its stage.
    fn sees(&self, place: usize) -> Vec<usize> {
        let own = &self.critics[place];
        let is_seen = |other: &usize| {
            let critic = &self.critics[*other];
            let earlier = critic.stage < own.stage;
            let before = critic.stage == own.stage && critic.priority < own.priority;
            let read = earlier || (before && own.policy.reads_outcomes());
            (read && !critic.monitored) || own.depends_on.contains(other)
        };
        (0..self.critics.len()).filter(is_seen).collect()
    }
}

impl Arranged<'_> {
    pub(crate) fn judge(&self, does: &[Does]) -> Judged {
        let critics = &self.plan.critics;
        let mut fates = vec![Fate::Gated("not judged yet"); critics.len()];
        for &place in &self.order {
            fates[place] = self.kept(place, &fates).unwrap_or(match does[place] {
                Does::Fails => Fate::Failed("error", "permanent"),
                Does::Panics => Fate::Failed("error", "panic"),
                Does::Lies => Fate::Failed("invalid", "invalid"),
                opinion => Fate::Spoke(opinion),
            });
        }
        let calls: Vec<Option<Call>> =
            critics.iter().zip(&fates).map(|(critic, fate)| calls_for(critic, *fate)).collect();

        let votes: Vec<usize> = (0..critics.len()).filter(|&at| !critics[at].monitored).collect();
        let highest = votes.iter().filter_map(|&at| calls[at]).max().unwrap_or(Call::Allow);
        let nobody_spoke = votes.iter().all(|&at| fates[at].opinion().is_none());
        let verdict = if nobody_spoke { highest.max(Call::Review) } else { highest };
        let called = votes.iter().filter(|&&at| calls[at] == Some(highest));
        let causes = match highest {
            Call::Allow if nobody_spoke => vec![Cause::NobodySpoke],
            Call::Allow => vec![],
            Call::Review | Call::Block => called.map(|&at| Cause::Critic(at)).collect(),
        };
        let open = |at: &usize| fates[*at].is_failure() && critics[*at].failure == Call::Allow;
        let let_pass = votes.iter().copied().filter(open).collect();
        Judged { fates, calls, verdict, causes, let_pass }
    }

    /// What keeps a critic from being called: its phase, its dependencies, its policy, in this order.
    fn kept(&self, place: usize, fates: &[Fate]) -> Option<Fate> {
        let own = &self.plan.critics[place];
        if own.elsewhere {
            return Some(Fate::Gated("other_phase"));
        }
        let mut without = own.depends_on.clone();
        without.retain(|&on| fates[on].opinion().is_none());
        without.sort_unstable();
        let culprit = without.iter().find(|&&on| fates[on].is_failure()).or(without.first());
        if let (Some(&culprit), false) = (culprit, own.run_anyway) {
            return Some(Fate::Skipped(culprit, !fates[culprit].is_failure()));
        }
        let seen = || self.sees[place].iter().map(|&other| fates[other]);
        let open = match own.policy {
            Policy::Always => true,
            Policy::OnViolation => seen().filter_map(Fate::opinion).any(Does::has_violation),
            Policy::OnHighRisk => self.plan.risky,
            Policy::OnUncertainty => seen().any(|fate| match fate {
                Fate::Spoke(does) => does.doubt() >= 70,
                other => other.is_failure(),
            }),
            Policy::IfAnyoneSpoke => seen().any(|fate| fate.opinion().is_some()),
            Policy::Unclear => return Some(Fate::Failed("error", "condition")),
        };
        (!open).then_some(Fate::Gated(match own.policy {
            Policy::OnViolation => "no_violation",
            Policy::OnHighRisk => "risk_below",
            Policy::OnUncertainty => "uncertainty_below",
            _ => "condition_false",
        }))
    }
}

fn calls_for(critic: &Critic, fate: Fate) -> Option<Call> {
    match fate {
        Fate::Spoke(does) => {
            let reaches = |at: Option<u8>| at.is_some_and(|at| does.severity() >= Some(at));
            Some(if reaches(critic.block_at) {
                Call::Block
            } else if reaches(critic.review_at) {
                Call::Review
            } else {
                Call::Allow
            })
        }
        failure if failure.is_failure() => Some(critic.failure),
        _ => None,
    }
}
