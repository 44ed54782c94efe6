//! What callers get while the database hangs.

use matcha_protos::user::v1::{RefreshRequest, SignInRequest};
use testing::{Proxy, eventually};
use tonic::{Code, Status};

use crate::harness::{PASSWORD, Users, registration, request_as};

/// The code, and the seconds after which the caller may try again.
fn told(refused: &Status) -> (Code, Option<&str>) {
    let wait = refused.metadata().get(chassis::error::RETRY_AFTER);
    (refused.code(), wait.map(|wait| wait.to_str().unwrap()))
}

#[tokio::test]
async fn sign_in_and_registration_are_unavailable_before_the_deadline_of_the_caller() {
    let database = testing::Stores::shared().database("user").await;
    let (proxy, through) = Proxy::before(&database).await;
    let users = Users::start_with(|config| config.database_url = through).await;
    let refresh_token = users.register("mina").await.tokens.unwrap().refresh_token;

    proxy.freeze();
    let sign_in = SignInRequest {
        login: "mina".to_owned(),
        password: PASSWORD.to_owned(),
        ..SignInRequest::default()
    };
    let refresh = RefreshRequest {
        refresh_token,
        ..RefreshRequest::default()
    };
    let as_service = users.as_service();
    let unavailable = (Code::Unavailable, Some("1"));
    for _ in 0..3 {
        let mut request = request_as(sign_in.clone(), &as_service);
        request.set_timeout(chassis::client::CALL);
        let refused = users.client().sign_in(request).await.unwrap_err();
        assert_eq!(told(&refused), unavailable, "{refused:?}");

        let mut request = request_as(refresh.clone(), &as_service);
        request.set_timeout(chassis::client::CALL);
        let refused = users.client().refresh(request).await.unwrap_err();
        assert_eq!(told(&refused), unavailable, "{refused:?}");

        let mut request = request_as(registration("joon"), &as_service);
        request.set_timeout(chassis::client::CALL);
        let refused = users.client().register(request).await.unwrap_err();
        assert_eq!(told(&refused), unavailable, "{refused:?}");
    }
    proxy.thaw();
    eventually("members sign in again", async || {
        users.sign_in("mina", PASSWORD).await.is_ok()
    })
    .await;
}
