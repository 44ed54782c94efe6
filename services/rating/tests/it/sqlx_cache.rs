//! Compares the committed query metadata in `.sqlx/` with the migrated database: a column that was renamed or changed its type shows
//! here. (A query without metadata does not compile.)

use messaging::postgres;
use sqlx::{AssertSqlSafe, Column as _, Either, Executor as _, SqlSafeStr as _, Statement as _, TypeInfo as _};
use testing::Stores;

#[tokio::test]
async fn the_committed_query_metadata_matches_the_migrated_database() {
    let url = Stores::shared().database("rating").await;
    let pool = postgres::pool(&url, 1).unwrap();
    sqlx::migrate!().run(&pool).await.unwrap();
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.sqlx")).unwrap();
    let mut checked = 0;
    for file in folder {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        let cached: serde_json::Value = serde_json::from_str(&text).unwrap();
        let query = cached["query"].as_str().unwrap().to_owned();
        let mut connection = pool.acquire().await.unwrap();
        let prepared = connection.prepare(AssertSqlSafe(query.clone()).into_sql_str()).await;
        let prepared = prepared.unwrap_or_else(|error| panic!("{query}: {error}"));
        // The metadata has `Int8Array` where the driver has `INT8[]`.
        let columns = prepared.columns().iter();
        let columns: Vec<String> = columns
            .map(|column| {
                format!("{} {}", column.name(), column.type_info().name().replace("[]", "array")).to_lowercase()
            })
            .collect();
        let cached_columns = cached["describe"]["columns"].as_array().unwrap().iter();
        let cached_columns: Vec<String> = cached_columns
            .map(|column| {
                format!(
                    "{} {}",
                    column["name"].as_str().unwrap(),
                    column["type_info"].as_str().unwrap()
                )
            })
            .map(|column| column.to_lowercase())
            .collect();
        assert_eq!(columns, cached_columns, "{query}");
        let parameters = match prepared.parameters() {
            Some(Either::Left(types)) => types.len(),
            Some(Either::Right(count)) => count,
            None => 0,
        };
        assert_eq!(
            parameters,
            cached["describe"]["parameters"]["Left"].as_array().map_or(0, Vec::len),
            "{query}"
        );
        checked += 1;
    }
    assert!(checked >= 20, "only {checked} queries in .sqlx");
}
