//! Errors as the program's own calls say them: `{"error":{"code","message","field"}}` (wire: *Codes*).

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;

pub type Reply = Response<Full<Bytes>>;

/// The JSON of an error; `field` names the part of the request that is at fault.
pub fn body(code: &str, message: &str, field: Option<&str>) -> Vec<u8> {
    #[derive(serde::Serialize)]
    struct Envelope<'a> {
        error: Inner<'a>,
    }
    #[derive(serde::Serialize)]
    struct Inner<'a> {
        code: &'a str,
        message: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        field: Option<&'a str>,
    }
    let envelope = Envelope { error: Inner { code, message, field } };
    // Three strings always can be written as JSON.
    serde_json::to_vec(&envelope).unwrap_or_default()
}

pub fn reply(status: StatusCode, code: &str, message: &str, field: Option<&str>) -> Reply {
    reply_with(status, body(code, message, field))
}

/// An error whose JSON is made already.
pub fn reply_with(status: StatusCode, body: Vec<u8>) -> Reply {
    let mut reply = Response::new(Full::new(Bytes::from(body)));
    *reply.status_mut() = status;
    reply.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
        reply.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    reply
}
