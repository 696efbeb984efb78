//! The player's hands: it looks at the world a few times a second and says only what changes.

use drift::{Drift, STEER_MAX, World, choose_move};
use stadion_client::SimDriver;

/// About as often as a person decides anew.
const THINKS_EVERY_TICKS: i64 = 4;
/// If the simulation does not have it after so long, it is said again.
const REPEAT_AFTER_TICKS: i64 = 40;

/// What was said so far, in this epoch.
#[derive(Debug, Default)]
pub(crate) struct Pilot {
    steered: Option<(String, i64)>,
    named_at: Option<i64>,
    thought_at: i64,
}

/// An event to send: its type and body.
pub(crate) type Said = (&'static str, String);

impl Pilot {
    /// What the client `me` has to say now.
    pub(crate) fn decide(&mut self, driver: &SimDriver<Drift>, me: &str, name: &str) -> Vec<Said> {
        let t = driver.t();
        let world = &driver.game().world;
        let mut said = Vec::new();
        if let Some(puck) = world.puck(me)
            && puck.name != name
            && self.named_at.is_none_or(|at| t - at > REPEAT_AFTER_TICKS)
        {
            self.named_at = Some(t);
            said.push(("name", name.to_owned()));
        }
        if t - self.thought_at >= THINKS_EVERY_TICKS {
            self.thought_at = t;
            self.steer(world, me, t, &mut said);
        }
        said
    }

    fn steer(&mut self, world: &World, me: &str, t: i64, said: &mut Vec<Said>) {
        let Some(puck) = world.puck(me) else { return };
        let chosen = choose_move(world, puck, STEER_MAX);
        let body = format!("{},{}", chosen.dx, chosen.dy);
        let differs = (puck.dx, puck.dy) != (chosen.dx, chosen.dy);
        let is_news = match &self.steered {
            None => differs,
            Some((last, at)) => *last != body || (differs && t - at > REPEAT_AFTER_TICKS),
        };
        if is_news {
            self.steered = Some((body.clone(), t));
            said.push(("steer", body));
        }
        if chosen.dash {
            said.push(("dash", String::new()));
        }
    }
}
