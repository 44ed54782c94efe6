//! `make scale`: a third replica gets calls as soon as it is ready, and goes without a failed request.

use matcha_tests::{
    cluster::{metrics, scale, wait_until},
    traffic::Traffic,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_third_rating_replica_gets_calls_and_goes_again_without_a_failed_request() {
    let traffic = Traffic::start().await;
    traffic.go_on_for(50).await;
    let scaled = async {
        scale("rating", 3).await;
        wait_until("the third replica answers calls of the gateway", async || {
            calls("rating-3").await >= 20
        })
        .await;
        traffic.go_on_for(100).await;
        scale("rating", 2).await;
        traffic.go_on_for(100).await;
    };
    // Whatever fails, the next test finds two replicas.
    let scaled = futures::FutureExt::catch_unwind(std::panic::AssertUnwindSafe(scaled)).await;
    if let Err(panic) = scaled {
        scale("rating", 2).await;
        std::panic::resume_unwind(panic);
    }
    assert!(metrics("rating-3").await.is_empty(), "the third replica still runs");
    let (answered, failed) = traffic.end().await;
    assert!(
        failed.is_empty(),
        "{} of {answered} requests failed: {failed:?}",
        failed.len()
    );
}

/// Calls of the service's own RPCs that the replica answered well.
async fn calls(program: &str) -> u64 {
    let metrics = metrics(program).await;
    let counts = metrics.lines().filter(|line| {
        line.starts_with("rpc_server_seconds_count")
            && line.contains("/matcha.rating.v1.RatingService/")
            && line.contains("code=\"Ok\"")
    });
    counts
        .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
        .sum()
}
