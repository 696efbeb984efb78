//! The pages: ES modules, styles and documents, embedded in the program.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use rust_embed::{EmbeddedFile, RustEmbed};

use super::error::{self, Reply};

#[derive(RustEmbed)]
#[folder = "../../web"]
#[exclude = "test/*"]
#[exclude = "*.json"]
struct Web;

#[derive(RustEmbed)]
#[folder = "../../clients/javascript/src"]
struct Client;

/// Scripts and styles come from here alone, so that a text shown by mistake as HTML runs nothing.
const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; \
     base-uri 'none'; form-action 'self'; frame-ancestors 'self'; object-src 'none'";

/// A page, by the path's one or two segments. A page's address ends with a slash, so that a link beside it works.
pub(super) fn page(path: &str, query: Option<&str>, headers: &HeaderMap) -> Reply {
    let document = match path {
        "/" => "index.html",
        "/play/" => "play/index.html",
        "/play" => {
            let to = query.map_or_else(|| "/play/".to_owned(), |query| format!("/play/?{query}"));
            return redirect(&to);
        }
        "/watch" => return redirect("/watch/"),
        // Without a stream it lists them.
        _ if path.strip_prefix("/watch/").is_some_and(|stream| !stream.contains('/')) => "watch/index.html",
        "/favicon.ico" => return file(Web::get("shared/favicon.svg"), "shared/favicon.svg", headers),
        _ => return not_found(path),
    };
    file(Web::get(document), document, headers)
}

/// A file of the pages (`/_/play/main.js`) or of the client library (`/_/client/index.js`).
pub(super) fn asset(path: &str, headers: &HeaderMap) -> Reply {
    match path.strip_prefix("client/") {
        Some(module) => {
            let mut reply = file(Client::get(module), path, headers);
            // Games on other addresses import the library from here; it holds nothing of anybody.
            reply.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            reply
        }
        None => file(Web::get(path), path, headers),
    }
}

fn file(found: Option<EmbeddedFile>, path: &str, headers: &HeaderMap) -> Reply {
    let Some(found) = found else { return not_found(path) };
    let tag =
        found.metadata.sha256_hash().iter().take(8).fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte));
    let tag = format!("\"{tag:016x}\"");
    let known = headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes());
    let mut reply = if known {
        let mut reply = Response::new(Full::default());
        *reply.status_mut() = StatusCode::NOT_MODIFIED;
        reply
    } else {
        let bytes = match found.data {
            std::borrow::Cow::Borrowed(bytes) => Bytes::from_static(bytes),
            std::borrow::Cow::Owned(bytes) => Bytes::from(bytes),
        };
        Response::new(Full::new(bytes))
    };
    let out = reply.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        out.insert(header::ETAG, tag);
    }
    out.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type(path)));
    // The browser asks each time and is told "as you have it": a new version of the program is seen at once.
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    out.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY));
    out.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    out.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    reply
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("webmanifest") => "application/manifest+json",
        _ => "application/octet-stream",
    }
}

fn redirect(to: &str) -> Reply {
    let mut reply = Response::new(Full::default());
    *reply.status_mut() = StatusCode::PERMANENT_REDIRECT;
    if let Ok(to) = HeaderValue::from_str(to) {
        reply.headers_mut().insert(header::LOCATION, to);
    }
    reply
}

fn not_found(path: &str) -> Reply {
    error::reply(StatusCode::NOT_FOUND, "not_found", &format!("there is nothing at {path}"), None)
}
