//! The import of a member's own file: preview, fixing, applying, undoing.

use matcha_protos::rating::v1::{
    AddImportRowsRequest, ApplyImportRequest, BeginImportRequest, Comment, CompleteImportRequest, FixImportRowRequest,
    GetImportRequest, Import, ImportClass, ImportKind, ImportOutcome, ImportPolicy, ImportReason, ImportRow,
    ImportSource, ImportState, ListImportRowsRequest, ListMyCommentsRequest, ListRatingsRequest, ListShelfRequest,
    ShelfState, UndoImportRequest,
};
use testing::eventually;
use tonic::{Code, Status};
use uuid::Uuid;

use crate::{
    harness::{Person, Rating},
    lists, watches,
};

const LONG_AGO: i64 = 1_000_000_000;

fn stars(movie: Option<Uuid>, stars: i32) -> ImportRow {
    ImportRow {
        file: "ratings.csv".to_owned(),
        title: "A title".to_owned(),
        year: 2000,
        kind: ImportKind::Rating.into(),
        stars,
        dated_at: Some(LONG_AGO),
        movie_id: movie.map(|movie| movie.to_string()).unwrap_or_default(),
        ..ImportRow::default()
    }
}

/// A watch on that day; `None`: the file only says that the movie was seen.
fn seen(movie: Uuid, day: &str) -> ImportRow {
    ImportRow {
        kind: ImportKind::Watch.into(),
        watched_on: day.to_owned(),
        ..stars(Some(movie), 0)
    }
}

/// An import that is ready and not applied.
async fn preview(rating: &Rating, person: &Person, rows: Vec<ImportRow>) -> Result<String, Status> {
    preview_of(rating, person, ImportSource::Letterboxd, rows).await
}

async fn preview_of(
    rating: &Rating,
    person: &Person,
    source: ImportSource,
    rows: Vec<ImportRow>,
) -> Result<String, Status> {
    let import_id = Uuid::now_v7().to_string();
    let begin = BeginImportRequest {
        import_id: import_id.clone(),
        source: source.into(),
        file_name: "ratings.csv".to_owned(),
    };
    rating.imports().begin_import(person.request(begin)).await?;
    let numbered = (0..).zip(rows).map(|(position, row)| ImportRow {
        position,
        line: position + 2,
        ..row
    });
    let numbered: Vec<ImportRow> = numbered.collect();
    for rows in numbered.chunks(1000) {
        let add = AddImportRowsRequest {
            import_id: import_id.clone(),
            rows: rows.to_vec(),
        };
        // Every step twice, as after a lost response.
        rating.imports().add_import_rows(person.request(add.clone())).await?;
        rating.imports().add_import_rows(person.request(add)).await?;
    }
    let complete = CompleteImportRequest {
        import_id: import_id.clone(),
    };
    rating.imports().complete_import(person.request(complete)).await?;
    Ok(import_id)
}

async fn find(rating: &Rating, person: &Person, import_id: &str) -> Result<Import, Status> {
    let import_id = import_id.to_owned();
    let answer = rating
        .imports()
        .get_import(person.request(GetImportRequest { import_id }))
        .await?;
    Ok(answer.into_inner().import.unwrap())
}

async fn rows(rating: &Rating, person: &Person, import_id: &str) -> Vec<ImportRow> {
    let list = ListImportRowsRequest {
        import_id: import_id.to_owned(),
        limit: 200,
        ..ListImportRowsRequest::default()
    };
    let answer = rating.imports().list_import_rows(person.request(list)).await;
    answer.unwrap().into_inner().rows
}

async fn classes(rating: &Rating, person: &Person, import_id: &str) -> Vec<ImportClass> {
    rows(rating, person, import_id)
        .await
        .iter()
        .map(ImportRow::class)
        .collect()
}

async fn outcomes(rating: &Rating, person: &Person, import_id: &str) -> Vec<ImportOutcome> {
    rows(rating, person, import_id)
        .await
        .iter()
        .map(ImportRow::outcome)
        .collect()
}

async fn reaches(rating: &Rating, person: &Person, import_id: &str, state: ImportState) {
    eventually("the import gets there", async || {
        find(rating, person, import_id).await.unwrap().state() == state
    })
    .await;
}

async fn apply(rating: &Rating, person: &Person, import_id: &str, policy: ImportPolicy) {
    let apply = ApplyImportRequest {
        import_id: import_id.to_owned(),
        policy: policy.into(),
    };
    rating.imports().apply_import(person.request(apply)).await.unwrap();
    reaches(rating, person, import_id, ImportState::Applied).await;
}

async fn undo(rating: &Rating, person: &Person, import_id: &str) {
    let import_id = import_id.to_owned();
    let request = person.request(UndoImportRequest {
        import_id: import_id.clone(),
    });
    rating.imports().undo_import(request).await.unwrap();
    reaches(rating, person, &import_id, ImportState::Undone).await;
}

#[tokio::test]
async fn rows_are_classified_against_what_the_member_has_now() {
    let rating = Rating::start().await;
    let [new, changed, same, later] = rating.movies().await;
    let alice = Person::member();
    rating.rate(&alice, changed, 3).await;
    rating.rate(&alice, same, 8).await;
    let skipped = ImportRow {
        reason: ImportReason::Stars.into(),
        ..stars(Some(new), 0)
    };
    let superseded = ImportRow {
        dated_at: Some(LONG_AGO - 1),
        ..stars(Some(later), 2)
    };
    let file = vec![
        stars(Some(new), 7),
        stars(Some(changed), 9),
        stars(Some(same), 8),
        stars(None, 5),
        skipped,
        superseded,
        stars(Some(later), 6),
        // A movie that rating does not know.
        stars(Some(Uuid::now_v7()), 6),
    ];
    let import = preview(&rating, &alice, file).await.unwrap();
    use ImportClass::{Changed, New, Same, Skipped, Unmatched};
    let expected = [New, Changed, Same, Unmatched, Skipped, Skipped, New, Unmatched];
    assert_eq!(classes(&rating, &alice, &import).await, expected);
    let listed = rows(&rating, &alice, &import).await;
    assert_eq!(
        (listed[1].my_stars, listed[5].reason()),
        (Some(3), ImportReason::Duplicate)
    );
    let counted = find(&rating, &alice, &import).await.unwrap();
    assert_eq!(counted.counts.iter().map(|count| count.rows).sum::<i64>(), 8);
    assert_eq!(counted.row_count, 8);

    // The preview compares with what the member has now.
    rating.rate(&alice, changed, 9).await;
    assert_eq!(classes(&rating, &alice, &import).await[1], Same);

    let fix = FixImportRowRequest {
        import_id: import.clone(),
        position: 3,
        movie_id: later.to_string(),
    };
    let fixed = rating
        .imports()
        .fix_import_row(alice.request(fix))
        .await
        .unwrap()
        .into_inner();
    // Of two rows of one day the last counts, so this one is superseded.
    assert_eq!(fixed.row.unwrap().reason(), ImportReason::Duplicate);
    rating.end().await;
}

#[tokio::test]
async fn a_long_file_is_compared_within_the_deadline() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let mina = Person::member();
    // A quadratic comparison would take minutes. Days 1 to 28 exist in every month.
    let day = |i: i32| format!("{}-{:02}-{:02}", 1990 + i / 336, 1 + i % 336 / 28, 1 + i % 28);
    let diary = (0..6_000).map(|i| seen(movie, &day(i))).collect();
    let import = preview(&rating, &mina, diary).await.unwrap();
    assert_eq!(find(&rating, &mina, &import).await.unwrap().row_count, 6_000);
    rating.end().await;
}

#[tokio::test]
async fn the_same_file_twice_changes_nothing_the_second_time() {
    let rating = Rating::start().await;
    let movies: [Uuid; 30] = rating.movies().await;
    let alice = Person::member();
    let wish = |movie: Uuid| ImportRow {
        kind: ImportKind::Shelf.into(),
        shelf: ShelfState::Wish.into(),
        stars: 0,
        ..stars(Some(movie), 0)
    };
    let file: Vec<ImportRow> = movies
        .iter()
        .flat_map(|&movie| [stars(Some(movie), 7), wish(movie)])
        .collect();
    let first = preview(&rating, &alice, file.clone()).await.unwrap();
    apply(&rating, &alice, &first, ImportPolicy::TakeFile).await;
    assert_eq!(rating.mine(&alice, &movies).await.rated_count, 30);
    let applied = find(&rating, &alice, &first).await.unwrap();
    assert_eq!((applied.done, applied.to_do), (60, 60));
    let version = rating.rate(&alice, movies[0], 7).await.version;
    assert_eq!(version, 1, "the same stars are no change");

    let second = preview(&rating, &alice, file).await.unwrap();
    let all = classes(&rating, &alice, &second).await;
    assert!(all.iter().all(|class| *class == ImportClass::Same), "{all:?}");
    apply(&rating, &alice, &second, ImportPolicy::TakeFile).await;
    let all = outcomes(&rating, &alice, &second).await;
    assert!(all.iter().all(|outcome| *outcome == ImportOutcome::Kept), "{all:?}");
    assert_eq!(rating.rate(&alice, movies[0], 7).await.version, 1);
    // Ratings from files are counted like any others.
    rating.settled().await;
    assert_eq!(rating.view().await.values().flatten().sum::<i64>(), 30);
    rating.end().await;
}

#[tokio::test]
async fn the_policy_decides_between_the_members_data_and_the_file() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let alice = Person::member();
    rating.rate(&alice, movie, 3).await;
    for (policy, expected) in [
        (ImportPolicy::KeepMine, 3),
        // The member's rating is newer than the file's.
        (ImportPolicy::Newest, 3),
        (ImportPolicy::TakeFile, 9),
    ] {
        let import = preview(&rating, &alice, vec![stars(Some(movie), 9)]).await.unwrap();
        apply(&rating, &alice, &import, policy).await;
        assert_eq!(rating.stars(&alice, movie).await, Some(expected), "{policy:?}");
    }
    rating.end().await;
}

#[tokio::test]
async fn undoing_restores_what_was_replaced_and_leaves_what_was_changed_since() {
    let rating = Rating::start().await;
    let [added, replaced, touched, wished, written, said, reworded] = rating.movies().await;
    let alice = Person::member();
    rating.rate(&alice, replaced, 3).await;
    rating.put(&alice, wished, ShelfState::Watching).await;
    rating.comment(&alice, said, "As I saw it.").await;
    rating.comment(&alice, reworded, "A first try.").await;
    rating.comment(&alice, reworded, "A second try.").await;
    let (said_before, reworded_before) = (
        rating.my_comment(&alice, said).await.unwrap(),
        rating.my_comment(&alice, reworded).await.unwrap(),
    );
    let wish = ImportRow {
        kind: ImportKind::Shelf.into(),
        shelf: ShelfState::Wish.into(),
        ..stars(Some(wished), 0)
    };
    let review = |movie| ImportRow {
        kind: ImportKind::Comment.into(),
        text: "A movie about a house.".to_owned(),
        ..stars(Some(movie), 0)
    };
    let file = vec![
        stars(Some(added), 7),
        stars(Some(replaced), 9),
        stars(Some(touched), 5),
        wish,
        review(written),
        review(said),
        review(reworded),
    ];
    let import = preview(&rating, &alice, file).await.unwrap();
    apply(&rating, &alice, &import, ImportPolicy::TakeFile).await;
    for movie in [written, said, reworded] {
        assert_eq!(
            rating.my_comment(&alice, movie).await.unwrap().text,
            "A movie about a house."
        );
    }
    rating.rate(&alice, touched, 10).await;
    undo(&rating, &alice, &import).await;

    assert_eq!(rating.stars(&alice, added).await, None);
    assert_eq!(rating.stars(&alice, replaced).await, Some(3));
    assert_eq!(rating.stars(&alice, touched).await, Some(10));
    let mine = rating.mine(&alice, &[wished]).await.mine;
    assert_eq!(mine[0].shelf(), ShelfState::Watching);
    assert!(rating.my_comment(&alice, written).await.is_none());
    for (movie, before) in [(said, said_before), (reworded, reworded_before)] {
        let now = rating.my_comment(&alice, movie).await.unwrap();
        let times = |comment: &Comment| (comment.created_at_micros, comment.edited_at, comment.edited_at_micros);
        assert_eq!((&now.text, times(&now)), (&before.text, times(&before)));
    }
    use ImportOutcome::{Left, Undone};
    let expected = [Undone, Undone, Left, Undone, Undone, Undone, Undone];
    assert_eq!(outcomes(&rating, &alice, &import).await, expected);
    rating.end().await;
}

#[tokio::test]
async fn another_replica_finishes_an_import_and_no_row_is_applied_twice() {
    let rating = Rating::with_replicas(2).await;
    let movies: [Uuid; 50] = rating.movies().await;
    let people: Vec<Person> = (0..6).map(|_| Person::member()).collect();
    let mut imports = Vec::new();
    for person in &people {
        // Enough rows for several batches; most are duplicates.
        let file = movies.iter().cycle().take(1500).map(|&movie| stars(Some(movie), 7));
        let import = preview(&rating, person, file.collect()).await.unwrap();
        let apply = ApplyImportRequest {
            import_id: import.clone(),
            policy: ImportPolicy::TakeFile.into(),
        };
        rating.imports().apply_import(person.request(apply)).await.unwrap();
        imports.push(import);
    }
    rating.stop_replica(0).await;
    for (person, import) in people.iter().zip(&imports) {
        reaches(&rating, person, import, ImportState::Applied).await;
    }
    let versions: Vec<i64> = sqlx::query_scalar("select distinct version from ratings")
        .fetch_all(&rating.db)
        .await
        .unwrap();
    assert_eq!(versions, [1]);
    let count: i64 = sqlx::query_scalar("select count(*) from ratings")
        .fetch_one(&rating.db)
        .await
        .unwrap();
    assert_eq!(count, 300);
    rating.end().await;
}

#[tokio::test]
async fn another_members_import_is_not_found_and_states_follow_in_order() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let (alice, mallory) = (Person::member(), Person::member());
    let import = preview(&rating, &alice, vec![stars(Some(movie), 7)]).await.unwrap();
    assert_eq!(
        find(&rating, &mallory, &import).await.unwrap_err().code(),
        Code::NotFound
    );
    let apply_it = ApplyImportRequest {
        import_id: import.clone(),
        policy: ImportPolicy::TakeFile.into(),
    };
    let undo_it = UndoImportRequest {
        import_id: import.clone(),
    };
    let begin = BeginImportRequest {
        import_id: import.clone(),
        source: ImportSource::Imdb.into(),
        file_name: "x".to_owned(),
    };
    let mut client = rating.imports();
    let status = client
        .apply_import(mallory.request(apply_it.clone()))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    let status = client.begin_import(mallory.request(begin)).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    let status = client.undo_import(alice.request(undo_it)).await.unwrap_err();
    assert_eq!(status.code(), Code::AlreadyExists, "nothing was applied");
    let visitor = client
        .apply_import(Person::visitor().request(apply_it))
        .await
        .unwrap_err();
    assert_ne!(visitor.code(), Code::Ok);
    apply(&rating, &alice, &import, ImportPolicy::KeepMine).await;
    let late = FixImportRowRequest {
        import_id: import.clone(),
        position: 0,
        movie_id: String::new(),
    };
    let status = client.fix_import_row(alice.request(late)).await.unwrap_err();
    assert_eq!(status.code(), Code::AlreadyExists, "it is applied");
    assert_eq!(rating.stars(&alice, movie).await, Some(7));
    assert_eq!(rating.stars(&mallory, movie).await, None);
    rating.end().await;
}

/// Day, rewatch and tags of all watches, latest first.
#[tokio::test]
async fn of_two_concurrent_uploads_the_later_one_replaces_the_other() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let alice = Person::member();
    let begin = async |import_id: &str| {
        let begin = BeginImportRequest {
            import_id: import_id.to_owned(),
            source: ImportSource::Letterboxd.into(),
            file_name: "ratings.csv".to_owned(),
        };
        rating.imports().begin_import(alice.request(begin)).await.unwrap();
    };
    let add = async |import_id: &str| {
        let add = AddImportRowsRequest {
            import_id: import_id.to_owned(),
            rows: vec![stars(Some(movie), 8)],
        };
        rating.imports().add_import_rows(alice.request(add)).await
    };
    let ids = [Uuid::now_v7(), Uuid::now_v7()].map(|id| id.to_string());
    begin(&ids[0]).await;
    begin(&ids[1]).await;
    assert_eq!(add(&ids[0]).await.unwrap_err().code(), Code::NotFound);
    add(&ids[1]).await.unwrap();
    rating.end().await;
}

async fn diary(rating: &Rating, person: &Person) -> Vec<(String, bool, Vec<String>)> {
    let watches = watches::diary(rating, person).await.into_iter();
    watches.map(|one| (one.watched_on, one.rewatch, one.tags)).collect()
}

#[tokio::test]
async fn watches_are_imported_once_with_day_rewatch_and_tags() {
    let rating = Rating::start().await;
    let [often, once, undated] = rating.movies().await;
    let alice = Person::member();
    watches::put(&rating, &alice, &watches::watch(once, "2021-03-31"))
        .await
        .unwrap();
    let tagged = ImportRow {
        rewatch: true,
        tags: vec!["극장".to_owned(), "one".to_owned()],
        ..seen(often, "2021-03-01")
    };
    let too_many = ImportRow {
        tags: (0..11).map(|n| n.to_string()).collect(),
        ..seen(often, "2021-03-02")
    };
    let file = vec![
        tagged.clone(),
        seen(often, "2020-01-01"),
        // The diary and the reviews of an archive both have this watch.
        ImportRow {
            dated_at: None,
            ..tagged
        },
        seen(once, "2021-03-31"),
        // Watches without a day: one with days in the file, one with a day in the diary, one new.
        seen(often, ""),
        seen(once, ""),
        seen(undated, ""),
        seen(often, "3000-01-01"),
        seen(often, "1887-12-31"),
        too_many,
    ];
    let import = preview(&rating, &alice, file.clone()).await.unwrap();
    use ImportClass::{New, Same, Skipped};
    let expected = [
        New, New, Skipped, Same, Skipped, Skipped, New, Skipped, Skipped, Skipped,
    ];
    assert_eq!(classes(&rating, &alice, &import).await, expected);
    let reasons: Vec<ImportReason> = rows(&rating, &alice, &import)
        .await
        .iter()
        .map(ImportRow::reason)
        .collect();
    use ImportReason::{Date, Duplicate, Future, Tags};
    assert_eq!(reasons[7..], [Future, Date, Tags]);
    assert_eq!((reasons[2], reasons[4], reasons[5]), (Duplicate, Duplicate, Duplicate));
    // KEEP_MINE still applies new rows.
    apply(&rating, &alice, &import, ImportPolicy::KeepMine).await;
    let tags = vec!["극장".to_owned(), "one".to_owned()];
    let expected = [
        ("2021-03-31".to_owned(), false, vec![]),
        ("2021-03-01".to_owned(), true, tags),
        ("2020-01-01".to_owned(), false, vec![]),
        (String::new(), false, vec![]),
    ];
    assert_eq!(diary(&rating, &alice).await, expected);

    let again = preview(&rating, &alice, file).await.unwrap();
    let new = classes(&rating, &alice, &again).await;
    assert!(!new.contains(&New), "{new:?}");
    apply(&rating, &alice, &again, ImportPolicy::TakeFile).await;
    assert_eq!(diary(&rating, &alice).await, expected);
    rating.end().await;
}

#[tokio::test]
async fn undoing_deletes_imported_watches_and_leaves_what_was_changed_since() {
    let rating = Rating::start().await;
    let [added, mine, touched] = rating.movies().await;
    let alice = Person::member();
    watches::put(&rating, &alice, &watches::watch(mine, "2021-03-31"))
        .await
        .unwrap();
    let file = vec![
        seen(added, "2021-03-01"),
        seen(added, "2021-03-02"),
        seen(mine, "2021-03-31"),
        seen(touched, ""),
    ];
    let import = preview(&rating, &alice, file).await.unwrap();
    apply(&rating, &alice, &import, ImportPolicy::Newest).await;
    let watches = watches::diary(&rating, &alice).await;
    assert_eq!(watches.len(), 4);
    // It had no day, and now it has one.
    let mut changed = watches.last().unwrap().clone();
    assert_eq!(
        (changed.movie_id.as_str(), changed.watched_on.as_str()),
        (touched.to_string().as_str(), "")
    );
    watches::put(&rating, &alice, &changed).await.unwrap();
    changed.watched_on = "2020-12-24".to_owned();
    watches::put(&rating, &alice, &changed).await.unwrap();
    undo(&rating, &alice, &import).await;

    let days: Vec<String> = diary(&rating, &alice).await.into_iter().map(|one| one.0).collect();
    assert_eq!(days, ["2021-03-31", "2020-12-24"]);
    use ImportOutcome::{Kept, Left, Undone};
    assert_eq!(outcomes(&rating, &alice, &import).await, [Undone, Undone, Kept, Left]);
    rating.end().await;
}

#[tokio::test]
async fn an_exported_diary_is_restored_exactly() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let alice = Person::member();
    let file = vec![seen(movie, "2021-03-01"), seen(movie, "")];
    let import = preview_of(&rating, &alice, ImportSource::Matcha, file.clone())
        .await
        .unwrap();
    apply(&rating, &alice, &import, ImportPolicy::TakeFile).await;
    let days: Vec<String> = diary(&rating, &alice).await.into_iter().map(|one| one.0).collect();
    assert_eq!(
        days,
        ["2021-03-01", ""],
        "a watch without a day is one beside the others"
    );
    let again = preview_of(&rating, &alice, ImportSource::Matcha, file).await.unwrap();
    assert_eq!(classes(&rating, &alice, &again).await, [ImportClass::Same; 2]);
    rating.end().await;
}

#[tokio::test]
async fn exported_ratings_and_comments_keep_their_dates() {
    let rating = Rating::start().await;
    let [rated, shelved, written, edited] = rating.movies().await;
    let alice = Person::member();
    let row = |movie: Uuid, kind: ImportKind| ImportRow {
        kind: kind.into(),
        stars: 9,
        shelf: ShelfState::Wish.into(),
        text: "예전에 쓴 글".to_owned(),
        dated_at_micros: 123_456,
        ..stars(Some(movie), 9)
    };
    let file = vec![
        row(rated, ImportKind::Rating),
        row(shelved, ImportKind::Shelf),
        row(written, ImportKind::Comment),
        ImportRow {
            created_at: Some(LONG_AGO - 100),
            created_at_micros: 1,
            ..row(edited, ImportKind::Comment)
        },
    ];
    let import = preview_of(&rating, &alice, ImportSource::Matcha, file).await.unwrap();
    apply(&rating, &alice, &import, ImportPolicy::Newest).await;
    let mut client = rating.client();
    let ratings = client.list_ratings(alice.request(ListRatingsRequest::default())).await;
    let ratings = ratings.unwrap().into_inner().ratings;
    assert_eq!((ratings[0].rated_at, ratings[0].rated_at_micros), (LONG_AGO, 123_456));
    let shelf = client.list_shelf(alice.request(ListShelfRequest::default())).await;
    let shelf = shelf.unwrap().into_inner().entries;
    assert_eq!((shelf[0].changed_at, shelf[0].changed_at_micros), (LONG_AGO, 123_456));
    // Newest first.
    let comments = rating
        .comments()
        .list_my_comments(alice.request(ListMyCommentsRequest::default()))
        .await;
    let comments = comments.unwrap().into_inner().comments;
    let times: Vec<_> = comments
        .iter()
        .map(|comment| {
            let created = (comment.created_at, comment.created_at_micros);
            (created, comment.edited_at.map(|at| (at, comment.edited_at_micros)))
        })
        .collect();
    let expected = [
        ((LONG_AGO, 123_456), None),
        ((LONG_AGO - 100, 1), Some((LONG_AGO, 123_456))),
    ];
    assert_eq!(times, expected);

    let in_the_future = ImportRow {
        created_at: Some(99_999_999_999),
        ..row(written, ImportKind::Comment)
    };
    let refused = preview(&rating, &alice, vec![in_the_future]).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    rating.end().await;
}

#[tokio::test]
async fn watches_beyond_the_quota_are_skipped_with_a_reason() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let alice = Person::member();
    sqlx::query(
        "insert into watches (id, member_id, movie_id, watched_on, rewatch, tags, version)
         select gen_random_uuid(), $1, $2, date '1900-01-01' + day, false, '{}', 1 from generate_series(1, 19999) as day",
    )
    .bind(alice.id())
    .bind(movie)
    .execute(&rating.db)
    .await
    .unwrap();
    let file = vec![seen(movie, "2021-03-01"), seen(movie, "2021-03-02")];
    let import = preview(&rating, &alice, file).await.unwrap();
    apply(&rating, &alice, &import, ImportPolicy::TakeFile).await;
    use ImportOutcome::{Applied, Kept};
    assert_eq!(outcomes(&rating, &alice, &import).await, [Applied, Kept]);
    let last = rows(&rating, &alice, &import).await.pop().unwrap();
    assert_eq!(
        (last.class(), last.reason()),
        (ImportClass::Skipped, ImportReason::TooMany)
    );
    rating.end().await;
}

/// A list in a file.
fn list(id: Uuid, title: &str) -> ImportRow {
    ImportRow {
        file: "lists.csv".to_owned(),
        title: title.to_owned(),
        text: "천천히\n한 편씩".to_owned(),
        kind: ImportKind::List.into(),
        list_id: id.to_string(),
        is_public: true,
        created_at: Some(LONG_AGO),
        dated_at: Some(LONG_AGO + 60),
        ..ImportRow::default()
    }
}

fn held(list: Uuid, place: i32, movie: Uuid) -> ImportRow {
    ImportRow {
        kind: ImportKind::ListMovie.into(),
        list_id: list.to_string(),
        place,
        dated_at: None,
        ..stars(Some(movie), 0)
    }
}

async fn bring(rating: &Rating, person: &Person, rows: Vec<ImportRow>, policy: ImportPolicy) -> String {
    let import = preview_of(rating, person, ImportSource::Matcha, rows).await.unwrap();
    apply(rating, person, &import, policy).await;
    import
}

async fn reasons(rating: &Rating, person: &Person, import: &str) -> Vec<ImportReason> {
    rows(rating, person, import)
        .await
        .iter()
        .map(ImportRow::reason)
        .collect()
}

#[tokio::test]
async fn a_list_is_imported_once_with_its_text_and_order() {
    let rating = Rating::start().await;
    let [one, two, three] = rating.movies().await;
    let alice = Person::member();
    let (id, empty) = (Uuid::now_v7(), Uuid::now_v7());
    // The order of lines differs from the places, as after sorting in a spreadsheet; the places count.
    let file = vec![
        held(id, 2, one),
        held(id, 1, three),
        list(id, "비 오는 날"),
        held(id, 3, two),
        ImportRow {
            is_public: false,
            text: String::new(),
            ..list(empty, "Empty")
        },
        held(id, 9, two),
        // A movie that is not in the catalogue.
        held(id, 4, Uuid::now_v7()),
    ];
    let import = preview_of(&rating, &alice, ImportSource::Matcha, file.clone())
        .await
        .unwrap();
    use ImportClass::{New, Same, Skipped, Unmatched};
    let expected = [New, New, New, Skipped, New, New, Unmatched];
    assert_eq!(classes(&rating, &alice, &import).await, expected);
    assert_eq!(reasons(&rating, &alice, &import).await[3], ImportReason::Duplicate);
    assert_eq!(rows(&rating, &alice, &import).await[0].list_title, "비 오는 날");
    apply(&rating, &alice, &import, ImportPolicy::KeepMine).await;
    let applied = find(&rating, &alice, &import).await.unwrap();
    assert_eq!((applied.done, applied.to_do), (7, 7));

    let brought = lists::find(&rating, &alice, &id.to_string()).await.unwrap();
    assert_eq!(
        (brought.title.as_str(), brought.text.as_str(), brought.is_public),
        ("비 오는 날", "천천히\n한 편씩", true)
    );
    assert_eq!((brought.created_at, brought.changed_at), (LONG_AGO, LONG_AGO + 60));
    assert_eq!(brought.movie_count, 3);
    let (movies, version) = lists::movies(&rating, &alice, &id.to_string()).await.unwrap();
    assert_eq!(movies, [three, one, two]);
    let brought = lists::find(&rating, &alice, &empty.to_string()).await.unwrap();
    assert_eq!((brought.is_public, brought.movie_count), (false, 0));

    let again = bring(&rating, &alice, file, ImportPolicy::TakeFile).await;
    let all = classes(&rating, &alice, &again).await;
    assert_eq!(all, [Same, Same, Same, Skipped, Same, Same, Unmatched]);
    let all = outcomes(&rating, &alice, &again).await;
    assert!(all.iter().all(|outcome| *outcome == ImportOutcome::Kept), "{all:?}");
    assert_eq!(
        lists::movies(&rating, &alice, &id.to_string()).await.unwrap().1,
        version
    );
    assert_eq!(
        lists::of_member(&rating, &alice, &alice.id().to_string()).await.len(),
        2
    );
    rating.end().await;
}

#[tokio::test]
async fn an_unmatched_movie_of_a_list_can_be_fixed_before_the_import() {
    let rating = Rating::start().await;
    let [one, two] = rating.movies().await;
    let alice = Person::member();
    let id = Uuid::now_v7();
    let file = vec![list(id, "Two"), held(id, 1, Uuid::now_v7()), held(id, 2, two)];
    let import = preview_of(&rating, &alice, ImportSource::Matcha, file).await.unwrap();
    let fix = |position| FixImportRowRequest {
        import_id: import.clone(),
        position,
        movie_id: one.to_string(),
    };
    let status = rating
        .imports()
        .fix_import_row(alice.request(fix(0)))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::AlreadyExists, "a list is no movie");
    rating.imports().fix_import_row(alice.request(fix(1))).await.unwrap();
    apply(&rating, &alice, &import, ImportPolicy::KeepMine).await;
    assert_eq!(
        lists::movies(&rating, &alice, &id.to_string()).await.unwrap().0,
        [one, two]
    );
    rating.end().await;
}

#[tokio::test]
async fn the_policy_replaces_a_changed_list_as_a_whole() {
    let rating = Rating::start().await;
    let [one, two, three] = rating.movies().await;
    let alice = Person::member();
    let id = lists::make(&rating, &alice, "Mine", &[one, two]).await;
    let uuid: Uuid = id.parse().unwrap();
    let file = vec![list(uuid, "The file's"), held(uuid, 1, two), held(uuid, 2, three)];
    use ImportClass::{Changed, New, Same};
    for policy in [ImportPolicy::KeepMine, ImportPolicy::Newest] {
        let import = bring(&rating, &alice, file.clone(), policy).await;
        assert_eq!(classes(&rating, &alice, &import).await, [Changed, Same, New]);
        assert_eq!(lists::find(&rating, &alice, &id).await.unwrap().title, "Mine");
        assert_eq!(
            lists::movies(&rating, &alice, &id).await.unwrap().0,
            [one, two],
            "{policy:?}"
        );
    }
    let newer = vec![
        ImportRow {
            dated_at: Some(time::OffsetDateTime::now_utc().unix_timestamp()),
            ..file[0].clone()
        },
        file[1].clone(),
        file[2].clone(),
    ];
    sqlx::query("update lists set changed_at = '2020-01-01'")
        .execute(&rating.db)
        .await
        .unwrap();
    let import = bring(&rating, &alice, newer, ImportPolicy::Newest).await;
    assert_eq!(lists::find(&rating, &alice, &id).await.unwrap().title, "The file's");
    assert_eq!(lists::movies(&rating, &alice, &id).await.unwrap().0, [two, three]);
    use ImportOutcome::{Applied, Kept, Undone};
    assert_eq!(outcomes(&rating, &alice, &import).await, [Applied, Kept, Applied]);

    undo(&rating, &alice, &import).await;
    let back = lists::find(&rating, &alice, &id).await.unwrap();
    assert_eq!(
        (back.title.as_str(), back.text.as_str(), back.is_public),
        ("Mine", "", true)
    );
    assert_eq!(lists::movies(&rating, &alice, &id).await.unwrap().0, [one, two]);
    assert_eq!(outcomes(&rating, &alice, &import).await, [Undone, Kept, Undone]);
    rating.end().await;
}

#[tokio::test]
async fn undoing_deletes_imported_lists_and_leaves_those_changed_since() {
    let rating = Rating::start().await;
    let [one, two] = rating.movies().await;
    let alice = Person::member();
    let [gone, renamed, longer] = [(); 3].map(|()| Uuid::now_v7());
    let file = [gone, renamed, longer].map(|id| [list(id, "Brought"), held(id, 1, one)]);
    let import = bring(&rating, &alice, file.concat(), ImportPolicy::KeepMine).await;
    lists::update(&rating, &alice, &renamed.to_string(), "My own words", true)
        .await
        .unwrap();
    lists::add(&rating, &alice, &longer.to_string(), two).await.unwrap();
    undo(&rating, &alice, &import).await;
    use ImportOutcome::{Left, Undone};
    let expected = [Undone, Undone, Left, Left, Left, Left];
    assert_eq!(outcomes(&rating, &alice, &import).await, expected);
    assert!(lists::find(&rating, &alice, &gone.to_string()).await.is_none());
    assert!(lists::find(&rating, &alice, &renamed.to_string()).await.is_some());
    assert_eq!(
        lists::movies(&rating, &alice, &longer.to_string()).await.unwrap().0,
        [one, two]
    );
    rating.end().await;
}

#[tokio::test]
async fn a_list_whose_id_another_member_has_is_imported_once_under_a_new_id() {
    let rating = Rating::start().await;
    let [one, two] = rating.movies().await;
    let (alice, bob) = (Person::member(), Person::member());
    let id = lists::make(&rating, &alice, "Of Alice", &[one]).await;
    let uuid: Uuid = id.parse().unwrap();
    let file = vec![list(uuid, "Brought along"), held(uuid, 1, two)];
    let own = Uuid::new_v5(&bob.id(), uuid.as_bytes()).to_string();
    for round in 0..2 {
        bring(&rating, &bob, file.clone(), ImportPolicy::TakeFile).await;
        let all = lists::of_member(&rating, &bob, &bob.id().to_string()).await;
        let ids: Vec<&str> = all.iter().map(|list| list.id.as_str()).collect();
        assert_eq!(ids, [own.as_str()], "round {round}");
    }
    assert_eq!(lists::movies(&rating, &bob, &own).await.unwrap(), (vec![two], 2));
    let hers = lists::find(&rating, &alice, &id).await.unwrap();
    assert_eq!((hers.title.as_str(), hers.version), ("Of Alice", 1));

    // After her list is deleted, his import still finds his own.
    sqlx::query("delete from lists where id = $1")
        .bind(uuid)
        .execute(&rating.db)
        .await
        .unwrap();
    let import = bring(&rating, &bob, file, ImportPolicy::TakeFile).await;
    assert_eq!(classes(&rating, &bob, &import).await, [ImportClass::Same; 2]);
    assert_eq!(lists::of_member(&rating, &bob, &bob.id().to_string()).await.len(), 1);
    rating.end().await;
}

#[tokio::test]
async fn an_invalid_list_is_skipped_with_a_reason_and_with_its_movies() {
    let rating = Rating::start().await;
    let [movie] = rating.movies().await;
    let alice = Person::member();
    let [long, endless, absent, spam] = [(); 4].map(|()| Uuid::now_v7());
    let file = vec![
        list(long, &"가".repeat(101)),
        held(long, 1, movie),
        ImportRow {
            text: "가".repeat(2001),
            ..list(endless, "Endless")
        },
        held(absent, 1, movie),
        ImportRow {
            text: "http://a.example http://b.example http://c.example http://d.example".to_owned(),
            ..list(spam, "Links")
        },
        ImportRow {
            list_id: String::new(),
            ..list(long, "No id")
        },
    ];
    let import = preview_of(&rating, &alice, ImportSource::Matcha, file).await.unwrap();
    use ImportReason::{HeldBack, List, Text, Title, Unreadable};
    let expected = [Title, List, Text, List, HeldBack, Unreadable];
    assert_eq!(reasons(&rating, &alice, &import).await, expected);
    apply(&rating, &alice, &import, ImportPolicy::TakeFile).await;
    assert!(
        lists::of_member(&rating, &alice, &alice.id().to_string())
            .await
            .is_empty()
    );
    rating.end().await;
}

#[tokio::test]
async fn lists_and_movies_beyond_the_quota_are_skipped_with_a_reason() {
    let rating = Rating::start().await;
    let alice = Person::member();
    let known: Vec<Uuid> = (0..501).map(|_| Uuid::now_v7()).collect();
    sqlx::query("insert into known_movies (movie_id) select * from unnest($1::uuid[])")
        .bind(&known)
        .execute(&rating.db)
        .await
        .unwrap();
    sqlx::query(
        "insert into lists (id, member_id, title, text, is_public, key, grams)
         select gen_random_uuid(), $1, 'One of many', '', false, '', '{}' from generate_series(1, 199)",
    )
    .bind(alice.id())
    .execute(&rating.db)
    .await
    .unwrap();
    let (full, late) = (Uuid::now_v7(), Uuid::now_v7());
    let mut file = vec![list(full, "Full")];
    file.extend((1..).zip(&known).map(|(place, movie)| held(full, place, *movie)));
    file.extend([list(late, "Late"), held(late, 1, known[0])]);
    let import = bring(&rating, &alice, file.clone(), ImportPolicy::TakeFile).await;
    let brought = lists::movies(&rating, &alice, &full.to_string()).await.unwrap().0;
    assert_eq!(brought, known[..500]);
    assert!(lists::find(&rating, &alice, &late.to_string()).await.is_none());
    let counted = find(&rating, &alice, &import).await.unwrap();
    let too_many = counted
        .counts
        .iter()
        .filter(|count| count.reason() == ImportReason::TooMany);
    assert_eq!(too_many.map(|count| count.rows).sum::<i64>(), 2);
    assert_eq!((counted.done, counted.to_do), (504, 504));

    undo(&rating, &alice, &import).await;
    assert!(lists::find(&rating, &alice, &full.to_string()).await.is_none());
    let counted = find(&rating, &alice, &import).await.unwrap();
    assert_eq!((counted.done, counted.to_do), (501, 501));
    rating.end().await;
}
