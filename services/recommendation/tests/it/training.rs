//! Models between processes: published, refused when damaged, trained by the process that watches.

use chassis::{
    config::{LogFormat, TelemetryConfig},
    testing::eventually,
};
use recommendation::model::snapshot;

use crate::{harness::Recommendation, owners::community};

#[tokio::test]
async fn a_damaged_snapshot_is_refused_and_the_live_model_stays() {
    let service = Recommendation::start(community(30, 30)).await;
    let telemetry = TelemetryConfig {
        log_format: LogFormat::Pretty,
        otlp_endpoint: None,
    };
    let _guard = chassis::telemetry::init("recommendation", &telemetry).unwrap();
    service.train().await;
    let good = service.model_version().await;
    let mut bytes = std::fs::read(service.folder.join(format!("model-{good}.vb"))).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(service.folder.join("model-9999999999999.vb"), bytes).unwrap();
    snapshot::point_to(&service.folder, "9999999999999").unwrap();
    eventually("the model is refused", async || {
        chassis::telemetry::render_metrics().contains("model_refused_total")
    })
    .await;
    assert_eq!(service.model_version().await, good);
    snapshot::point_to(&service.folder, &good).unwrap();
    service.train().await;
    assert_ne!(service.model_version().await, good);
    service.end().await;
}

#[tokio::test]
async fn the_process_that_watches_trains_when_there_is_enough_and_when_asked() {
    let service = Recommendation::start(community(40, 40)).await;
    let mut watcher = tokio::process::Command::new(env!("CARGO_BIN_EXE_matcha-recommendation"))
        .args(["train", "--watch"])
        .env("REDIS_URL", service.redis.redis_url.expose())
        .env("REDIS_PREFIX", &service.redis.redis_prefix)
        .env("MODEL_DIR", &service.folder)
        .env("TRAIN_THREADS", "1")
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    eventually("a first model serves", async || {
        !service.model_version().await.is_empty()
    })
    .await;
    let first = service.model_version().await;
    let mut request = service.train_config();
    request.request = true;
    recommendation::training::run(request, chassis::shutdown::Stop::new())
        .await
        .unwrap();
    eventually("a second model serves", async || service.model_version().await != first).await;
    watcher.kill().await.unwrap();
    service.end().await;
}
