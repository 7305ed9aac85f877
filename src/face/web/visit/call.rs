//! What a page asks about its call.

use hyper::body::Incoming;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::{ANSWER_WAIT, Visit, whole};
use crate::face::web::answer::{self, Answered, Fault};
use crate::face::web::call::{CALL_BODY_MAX_BYTES, CallAsk, Caller};
use crate::face::web::routes::Route;
use crate::face::web::server::{Answering, PageEvent};

impl Visit {
    /// Hands over an offer or an act, and waits for the answer.
    pub(super) async fn call(
        &self,
        caller: Caller,
        route: Route,
        body: Incoming,
    ) -> Result<Answered, Fault> {
        let _permit = self.permit().await?;
        let body = whole(body, CALL_BODY_MAX_BYTES).await?;
        let ask = match route {
            Route::Connect | Route::GuestConnect => CallAsk::offer(&body),
            _ => CallAsk::act(&body),
        };
        let ask = ask.map_err(|()| Fault::Malformed)?;
        let (sender, answer) = oneshot::channel();
        if !(self.shared.tell)(PageEvent::Call(caller, ask, Answering(sender))) {
            return Err(Fault::Busy);
        }
        match timeout(ANSWER_WAIT, answer).await {
            Ok(Ok(Ok(lines))) => Ok(answer::lines(lines)),
            Ok(Ok(Err((refused, words)))) => Err(Fault::Guest(refused, words)),
            Ok(Err(_)) | Err(_) => Err(Fault::Busy),
        }
    }
}
