//! How round things meet the rink: boards, posts, and the speed limit.

use stadion_client::fixed::{Fixed, ONE, div, hypot, mul};

use crate::numbers::{
    BOARDS_BOUNCE, CORNER, POST_KICK, POST_RADIUS, POSTS, PUCK_RADIUS, PUCK_SPEED_MAX, RINK_X, RINK_Y,
};

/// Where something is and how it moves, 16.16.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Body {
    /// From the rink's middle.
    pub x: Fixed,
    /// From the rink's middle, downward.
    pub y: Fixed,
    /// A tick.
    pub vx: Fixed,
    /// A tick.
    pub vy: Fixed,
}

impl Body {
    pub(crate) fn at((x, y): (Fixed, Fixed)) -> Body {
        Body { x, y, vx: 0, vy: 0 }
    }

    pub(crate) fn bounce_as_puck(&mut self) {
        self.bounce_off_boards(PUCK_RADIUS, BOARDS_BOUNCE);
        self.bounce_off_posts(PUCK_RADIUS);
    }

    pub(crate) fn bounce_as_spark(&mut self, radius: Fixed) {
        self.bounce_off_boards(radius, ONE);
        self.bounce_off_posts(radius);
    }

    /// Keeps a body of that radius inside the boards. `bounce` is what is left of the speed.
    fn bounce_off_boards(&mut self, radius: Fixed, bounce: Fixed) {
        let from_x = self.x.abs() - (RINK_X - CORNER);
        let from_y = self.y.abs() - (RINK_Y - CORNER);
        if from_x > 0 && from_y > 0 {
            self.bounce_off_corner(radius, bounce, from_x, from_y);
            return;
        }
        bounce_off_wall(&mut self.x, &mut self.vx, RINK_X - radius, bounce);
        bounce_off_wall(&mut self.y, &mut self.vy, RINK_Y - radius, bounce);
    }

    /// `from_x` and `from_y` are the distances from the corner's centre, both > 0.
    fn bounce_off_corner(&mut self, radius: Fixed, bounce: Fixed, from_x: Fixed, from_y: Fixed) {
        let room = CORNER - radius;
        let distance = hypot(from_x, from_y);
        if distance <= room {
            return;
        }
        let (side_x, side_y) = (side_of(self.x), side_of(self.y));
        let nx = side_x * div(from_x, distance);
        let ny = side_y * div(from_y, distance);
        self.x = side_x * (RINK_X - CORNER) + mul(nx, room);
        self.y = side_y * (RINK_Y - CORNER) + mul(ny, room);
        let outward = mul(self.vx, nx) + mul(self.vy, ny);
        if outward <= 0 {
            return;
        }
        let back = outward + mul(outward, bounce);
        self.vx -= mul(nx, back);
        self.vy -= mul(ny, back);
    }

    /// Bounces a body off the posts, which kick.
    fn bounce_off_posts(&mut self, radius: Fixed) {
        let reach = POST_RADIUS + radius;
        for (post_x, post_y) in POSTS {
            let (dx, dy) = (self.x - post_x, self.y - post_y);
            if dx.abs() >= reach || dy.abs() >= reach {
                continue;
            }
            let distance = hypot(dx, dy);
            if distance >= reach {
                continue;
            }
            let (nx, ny) = if distance == 0 { (ONE, 0) } else { (div(dx, distance), div(dy, distance)) };
            self.x = post_x + mul(nx, reach);
            self.y = post_y + mul(ny, reach);
            let inward = mul(self.vx, nx) + mul(self.vy, ny);
            if inward < 0 {
                let kick = POST_KICK - 2 * inward;
                self.vx += mul(nx, kick);
                self.vy += mul(ny, kick);
            }
            return;
        }
    }

    pub(crate) fn limit_speed(&mut self) {
        let speed = hypot(self.vx, self.vy);
        if speed <= PUCK_SPEED_MAX {
            return;
        }
        let scale = div(PUCK_SPEED_MAX, speed);
        self.vx = mul(self.vx, scale);
        self.vy = mul(self.vy, scale);
    }

    /// The distance to another if it is less than `reach`.
    pub(crate) fn distance_within(&self, other: &Body, reach: Fixed) -> Option<Fixed> {
        let (dx, dy) = (other.x - self.x, other.y - self.y);
        if dx.abs() >= reach || dy.abs() >= reach {
            return None;
        }
        let distance = hypot(dx, dy);
        (distance < reach).then_some(distance)
    }

    pub(crate) fn distance_squared(&self, x: Fixed, y: Fixed) -> Fixed {
        let (dx, dy) = (x - self.x, y - self.y);
        mul(dx, dx) + mul(dy, dy)
    }
}

fn bounce_off_wall(place: &mut Fixed, speed: &mut Fixed, limit: Fixed, bounce: Fixed) {
    if place.abs() <= limit {
        return;
    }
    let side = side_of(*place);
    *place = side * limit;
    if *speed * side > 0 {
        *speed = -mul(*speed, bounce);
    }
}

fn side_of(place: Fixed) -> i32 {
    if place > 0 { 1 } else { -1 }
}
