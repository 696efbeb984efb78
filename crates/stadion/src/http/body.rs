//! Reading a request's body whole, within its bounds.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::StatusCode;
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

#[derive(Debug, thiserror::Error)]
pub enum BadBody {
    #[error("the body has more than {bytes_max} bytes")]
    TooBig { bytes_max: usize },
    #[error("the body did not come within {} s", timeout.as_secs_f32())]
    TooSlow { timeout: Duration },
    #[error("the body ended early")]
    Broken,
}

impl BadBody {
    pub fn status(&self) -> StatusCode {
        match self {
            Self::TooBig { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow { .. } => StatusCode::REQUEST_TIMEOUT,
            Self::Broken => StatusCode::BAD_REQUEST,
        }
    }

    pub fn code(&self) -> &'static str {
        match self {
            Self::TooBig { .. } => "too_big",
            Self::TooSlow { .. } => "body_timeout",
            Self::Broken => "broken_body",
        }
    }
}

/// Nothing is done with a body before all of it is there. Small ones come in one piece and are not copied.
pub async fn read(body: Incoming, bytes_max: usize, timeout: Duration) -> Result<Bytes, BadBody> {
    if body.size_hint().lower() > bytes_max as u64 {
        return Err(BadBody::TooBig { bytes_max });
    }
    match tokio::time::timeout(timeout, collect(body, bytes_max)).await {
        Ok(read) => read,
        Err(_) => Err(BadBody::TooSlow { timeout }),
    }
}

async fn collect(mut body: Incoming, bytes_max: usize) -> Result<Bytes, BadBody> {
    let Some(first) = next(&mut body).await? else { return Ok(Bytes::new()) };
    if first.len() > bytes_max {
        return Err(BadBody::TooBig { bytes_max });
    }
    let Some(second) = next(&mut body).await? else { return Ok(first) };
    let mut all = BytesMut::from(&first[..]);
    let mut piece = second;
    loop {
        if all.len() + piece.len() > bytes_max {
            return Err(BadBody::TooBig { bytes_max });
        }
        all.extend_from_slice(&piece);
        match next(&mut body).await? {
            Some(next) => piece = next,
            None => return Ok(all.freeze()),
        }
    }
}

/// The next data of the body; trailers are passed over.
async fn next(body: &mut Incoming) -> Result<Option<Bytes>, BadBody> {
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(|_| BadBody::Broken)?.into_data() {
            return Ok(Some(data));
        }
    }
    Ok(None)
}
