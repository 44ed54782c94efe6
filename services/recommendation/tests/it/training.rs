//! Models shared between processes: publishing, refusing damaged and worse ones, and the process that watches.

use chassis::config::{LogFormat, TelemetryConfig};
use recommendation::snapshot;
use testing::eventually;

use crate::{harness::Recommendation, owner_services::community};

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
    service.stop().await;
}

#[tokio::test]
async fn a_worse_model_is_refused_and_the_operator_can_go_back_to_an_older_one() {
    let service = Recommendation::start(community(30, 30)).await;
    service.train().await;
    let good = service.model_version().await;
    let mut worse = snapshot::load(&service.folder, &good).unwrap();
    worse.model.info.held_out_rmse *= 1.02;
    // By its name this version is newer, so the service compares it and keeps the live one.
    worse.model.info.version = "9999999999998".to_owned();
    snapshot::publish(&service.folder, &worse).unwrap();
    // By its name this version is older, so the service accepts it as the operator's decision.
    worse.model.info.version = "1000000000000".to_owned();
    let back = service.folder.join("model-1000000000000.vb");
    std::fs::write(&back, snapshot::encode(&worse)).unwrap();
    tokio::time::timeout(std::time::Duration::from_secs(3), async {
        eventually("the worse model serves, which it must not", async || {
            service.model_version().await != good
        })
        .await;
    })
    .await
    .unwrap_err();

    let command = tokio::process::Command::new(env!("CARGO_BIN_EXE_matcha-recommendation"))
        .args(["models", "use", "1000000000000", "--model-dir"])
        .arg(&service.folder)
        .output()
        .await
        .unwrap();
    assert!(command.status.success(), "{command:?}");
    eventually("the older model serves", async || {
        service.model_version().await == "1000000000000"
    })
    .await;
    let listed = tokio::process::Command::new(env!("CARGO_BIN_EXE_matcha-recommendation"))
        .args(["models", "list", "--model-dir"])
        .arg(&service.folder)
        .output()
        .await
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(
        listed.lines().any(|line| line.starts_with("* 1000000000000")),
        "{listed}"
    );
    assert!(listed.contains(&good), "{listed}");
    service.stop().await;
}

#[tokio::test]
async fn the_watching_process_trains_with_enough_ratings_and_on_request() {
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

    let second = service.model_version().await;
    let followed = tokio::process::Command::new(env!("CARGO_BIN_EXE_matcha-recommendation"))
        .args(["train", "--request", "--follow"])
        .env("REDIS_URL", service.redis.redis_url.expose())
        .env("REDIS_PREFIX", &service.redis.redis_prefix)
        .env("MODEL_DIR", &service.folder)
        .output()
        .await
        .unwrap();
    let shown = String::from_utf8(followed.stdout).unwrap();
    assert!(followed.status.success() && shown.contains("published"), "{shown}");
    eventually("a third model serves", async || service.model_version().await != second).await;
    let third = service.model_version().await;
    let model = service.model().await;
    assert_eq!(model.training.map(|training| training.detail), Some(third));
    assert!(
        model.recall_at_20 > 0.0 && model.coverage > 0.0,
        "the lists were measured"
    );
    watcher.kill().await.unwrap();
    service.stop().await;
}
