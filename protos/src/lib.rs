//! The contracts between matcha's services: what protoc makes of `protos/matcha`, and nothing hand-written.
#![allow(unreachable_pub, clippy::all, reason = "generated code")]

pub mod user {
    pub mod v1 {
        tonic::include_proto!("matcha.user.v1");
    }
}
pub mod movie {
    pub mod v1 {
        tonic::include_proto!("matcha.movie.v1");
    }
}
pub mod rating {
    pub mod v1 {
        tonic::include_proto!("matcha.rating.v1");
    }
}
pub mod recommendation {
    pub mod v1 {
        tonic::include_proto!("matcha.recommendation.v1");
    }
}
pub mod events {
    pub mod v1 {
        tonic::include_proto!("matcha.events.v1");
    }
}

/// Every file's descriptor, for gRPC reflection in development.
pub const DESCRIPTORS: &[u8] = tonic::include_file_descriptor_set!("matcha");
