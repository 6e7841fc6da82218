// SPDX-License-Identifier: MIT
/// What Connect, gRPC and gRPC-Web share, on both sides of a call: codes, errors, metadata, methods, framing and codings.
///
/// This module never opens a socket, starts a task or reads a clock; it turns bytes into values and back.
public enum Connect {
    /// The only version of the Connect protocol so far, as `connect-protocol-version` says it.
    public static let protocolVersion = "1"
}
