//! Styles, scripts and pictures of the pages, in the program. Their addresses contain a hash of the
//! content, so browsers keep them for good.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::http::header;
use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;

use super::parts::PATH;

struct Asset {
    name: &'static str,
    kind: &'static str,
    content: &'static [u8],
}

impl Asset {
    const fn new(name: &'static str, kind: &'static str, content: &'static [u8]) -> Self {
        Self {
            name,
            kind,
            content,
        }
    }
}

const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";
const PICTURE: &str = "image/svg+xml";

const ASSETS: &[Asset] = &[
    Asset::new("console.css", STYLE, include_bytes!("console.css")),
    Asset::new("console.js", SCRIPT, include_bytes!("console.js")),
    Asset::new("frame.js", SCRIPT, include_bytes!("frame.js")),
    Asset::new("history.js", SCRIPT, include_bytes!("history.js")),
    Asset::new("editor.js", SCRIPT, include_bytes!("editor.js")),
    Asset::new(
        "editor.licences.txt",
        TEXT,
        include_bytes!("editor.licences.txt"),
    ),
    Asset::new("htmx.min.js", SCRIPT, include_bytes!("htmx.min.js")),
    Asset::new("profile.js", SCRIPT, include_bytes!("profile.js")),
    Asset::new("saving.js", SCRIPT, include_bytes!("saving.js")),
    Asset::new("icon.svg", PICTURE, include_bytes!("icon.svg")),
];

/// The addresses of the assets, in their order.
static ADDRESSES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let address = |asset: &Asset| {
        let hash = HEXLOWER.encode(digest(&SHA256, asset.content).as_ref());
        let short: String = hash.chars().take(12).collect();
        format!("{PATH}/assets/{short}/{}", asset.name)
    };
    ASSETS.iter().map(address).collect()
});

/// Returns the address of an asset.
pub(super) fn address(name: &str) -> &'static str {
    let found = ASSETS.iter().position(|asset| asset.name == name);
    debug_assert!(found.is_some(), "{name} is no asset");
    found
        .and_then(|at| ADDRESSES.get(at))
        .map_or("", String::as_str)
}

/// Answers with an asset. One of another release is not found, so that no page mixes two.
pub(super) fn serve(hash: &str, name: &str) -> HttpResponse {
    let wanted = format!("{PATH}/assets/{hash}/{name}");
    let found = ADDRESSES
        .iter()
        .zip(ASSETS)
        .find(|(address, _)| **address == wanted);
    let Some((_, asset)) = found else {
        return HttpResponse::NotFound().finish();
    };
    HttpResponse::Ok()
        .content_type(asset.kind)
        .insert_header((header::CACHE_CONTROL, "max-age=31536000, immutable"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(asset.content)
}
