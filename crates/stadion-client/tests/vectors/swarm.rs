//! A game that uses everything: random numbers, all fixed-point functions, spawns in events and in ticks,
//! entities that change others, strings. Its twin is `clients/javascript/test/swarm.js`.

use stadion_client::{Entity, EntityId, Event, Game, Hasher, Sim, fixed};

#[derive(Clone, Default)]
pub(crate) struct Swarm {
    players: Vec<Player>,
    score: i32,
}

#[derive(Clone)]
struct Player {
    id: String,
    name: String,
    ship: EntityId,
}

#[derive(Clone)]
pub(crate) struct Body {
    kind: Kind,
    x: i32,
    y: i32,
    vx: i32,
    vy: i32,
    angle: i32,
    heat: i32,
}

#[derive(Clone, PartialEq)]
enum Kind {
    Ship,
    Shot,
}

impl Game for Swarm {
    type Entity = Body;

    fn on_reset(&mut self, _sim: &mut Sim<Body>) {
        *self = Swarm::default();
    }

    fn on_connect(&mut self, sim: &mut Sim<Body>, id: &str) {
        let x = fixed::from_int(sim.random.range(-100, 100));
        let y = fixed::from_int(sim.random.range(-100, 100));
        let angle = sim.random.fixed01();
        let ship = sim.spawn(Body { kind: Kind::Ship, x, y, vx: 0, vy: 0, angle, heat: 0 });
        self.players.push(Player { id: id.to_owned(), name: String::new(), ship });
    }

    fn on_disconnect(&mut self, sim: &mut Sim<Body>, id: &str) {
        if let Some(index) = self.players.iter().position(|player| player.id == id) {
            sim.despawn(self.players.remove(index).ship);
        }
    }

    fn on_client_event(&mut self, sim: &mut Sim<Body>, event: &Event) {
        let Some(player) = self.players.iter_mut().find(|player| player.id == event.origin) else { return };
        if event.kind == "name" {
            player.name.clone_from(&event.body);
            return;
        }
        let Some(ship) = sim.get_mut(player.ship) else { return };
        let n: i32 = event.body.parse().unwrap();
        match event.kind.as_str() {
            "push" => ship.push(n),
            "shoot" => {
                let shot = ship.shoot(n);
                let heat = 5 + sim.random.below(30).cast_signed();
                sim.spawn(Body { heat, ..shot });
            }
            other => panic!("{other}"),
        }
    }

    fn hash(&self, sim: &Sim<Body>, hasher: &mut Hasher) {
        hasher.i32(self.score);
        for player in &self.players {
            hasher.str(&player.id);
            hasher.str(&player.name);
        }
        for body in sim.entities() {
            hasher.bool(body.kind == Kind::Ship);
            for value in [body.x, body.y, body.vx, body.vy, body.angle, body.heat] {
                hasher.i32(value);
            }
        }
    }
}

impl Entity for Body {
    type Game = Swarm;

    fn sim_tick(&mut self, sim: &mut Sim<Body>, id: EntityId, game: &mut Swarm) {
        self.x = self.x.wrapping_add(self.vx);
        self.y = self.y.wrapping_add(self.vy);
        match self.kind {
            Kind::Ship => self.fly(sim),
            Kind::Shot => self.hit(sim, id, game),
        }
    }
}

impl Body {
    fn push(&mut self, n: i32) {
        self.angle = self.angle.wrapping_add(n * 37);
        self.vx = self.vx.wrapping_add(fixed::mul(fixed::cos(self.angle), n << 6));
        self.vy = self.vy.wrapping_add(fixed::mul(fixed::sin(self.angle), n << 6));
    }

    fn shoot(&self, n: i32) -> Body {
        let speed = fixed::from_int(2).wrapping_add(n << 4);
        let vx = self.vx.wrapping_add(fixed::mul(fixed::cos(self.angle), speed));
        let vy = self.vy.wrapping_add(fixed::mul(fixed::sin(self.angle), speed));
        Body { kind: Kind::Shot, vx, vy, ..self.clone() }
    }

    fn fly(&mut self, sim: &mut Sim<Body>) {
        let friction = fixed::ratio(95, 100);
        self.vx = fixed::mul(self.vx, friction);
        self.vy = fixed::mul(self.vy, friction);
        let distance = fixed::hypot(self.x, self.y);
        if distance > fixed::from_int(200) {
            self.vx = self.vx.wrapping_sub(fixed::div(self.x, distance));
            self.vy = self.vy.wrapping_sub(fixed::div(self.y, distance));
        }
        self.heat =
            fixed::sqrt(distance) ^ fixed::round(self.x) ^ fixed::floor(self.y) ^ fixed::to_int(self.vx);
        if sim.random.below(16) == 0 {
            self.angle = self.angle.wrapping_add(sim.random.fixed01());
        }
    }

    fn hit(&mut self, sim: &mut Sim<Body>, id: EntityId, game: &mut Swarm) {
        self.heat -= 1;
        let (x, y, vx, vy) = (self.x, self.y, self.vx, self.vy);
        let near = |ship: &&mut Body| {
            ship.kind == Kind::Ship
                && fixed::hypot(ship.x.wrapping_sub(x), ship.y.wrapping_sub(y)) < fixed::from_int(8)
        };
        let mut hits = 0;
        for ship in sim.entities_mut().filter(near) {
            ship.vx = ship.vx.wrapping_add(fixed::mul(vx, fixed::HALF));
            ship.vy = ship.vy.wrapping_add(fixed::mul(vy, fixed::HALF));
            hits += 1;
        }
        game.score += hits;
        if hits > 0 || self.heat <= 0 {
            sim.despawn(id);
        } else if sim.random.below(40) == 0 {
            let turned = Body { vx: -self.vy, vy: self.vx, ..self.clone() };
            sim.spawn(turned);
        }
    }
}
