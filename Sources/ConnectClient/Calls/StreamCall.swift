// SPDX-License-Identifier: MIT

import Connect
import Locks
import NIOCore
import SwiftProtobuf

/// One server stream, from its request to its end. Read by one task; closed by another at any time.
final class StreamCall<Response: Message>: Sendable {
    private struct State {
        var attempts: Attempts
        var inbox: StreamInbox?
        var reader: EnvelopedAnswer?
        var end: Result<Void, RPCError>?
        /// True once the reader has got something: then the stream is not opened again.
        var hasBegun = false
    }

    /// What reading on takes.
    private enum Step {
        case message([UInt8])
        case ended
        case failed(RPCError)
        case read(StreamInbox)
    }

    private let client: RPCClient
    private let path: String
    private let requestHeaders: RequestHeaders
    private let body: WireFormat.Body
    private let state: Mutex<State>

    /// A stream whose request is not sent yet.
    init(client: RPCClient, path: String, headers: RequestHeaders, body: WireFormat.Body, attempts: Attempts) {
        self.client = client
        self.path = path
        requestHeaders = headers
        self.body = body
        state = Mutex(State(attempts: attempts))
    }

    /// The trailers, once the stream has ended well.
    var trailers: RPCMetadata { state.withLock { $0.reader?.trailers ?? [:] } }

    /// Sends the request.
    func open() async throws(RPCError) {
        while true {
            let (pool, deadline) = state.withLock { ($0.attempts.next(), $0.attempts.deadline) }
            do throws(CallFailure) {
                let inbox = try await client.openStream(path, requestHeaders, body, at: pool, deadline: deadline)
                state.withLock { $0.inbox = inbox }
                return
            } catch {
                try await recover(from: error)
            }
        }
    }

    /// Ends the call, when it is not over.
    func close() { state.withLock { $0.inbox }?.cancel(.canceled) }

    /// The next message; nil after the last.
    func next() async throws(RPCError) -> Response? {
        while true {
            switch step() {
            case .message(let bytes): return try client.format.decode(bytes)
            case .ended: return nil
            case .failed(let error): throw error
            case .read(let inbox): try await read(inbox)
            }
        }
    }

    /// The headers, once they are here.
    func headers() async throws(RPCError) -> RPCMetadata {
        while true {
            let (reader, end, inbox) = state.withLock { ($0.reader, $0.end, $0.inbox) }
            if let reader, !reader.isRefused {
                state.withLock { $0.hasBegun = true }
                return reader.headers
            }
            if case .failure(let error)? = end { throw error }
            guard let inbox else { preconditionFailure("a stream is opened before it is read") }
            try await read(inbox)
        }
    }

    private func step() -> Step {
        let step = state.withLock { state -> Step in
            if state.reader != nil, state.end == nil {
                do throws(RPCError) {
                    if let message = try state.reader?.next() {
                        state.hasBegun = true
                        return .message(message)
                    }
                } catch {
                    state.end = .failure(error)
                }
            }
            switch state.end {
            case .failure(let error): return .failed(error)
            case .success: return .ended
            case nil:
                guard let inbox = state.inbox else { preconditionFailure("a stream is opened before it is read") }
                return .read(inbox)
            }
        }
        // What cannot be understood is not read to its end.
        if case .failed = step { close() }
        return step
    }

    private func read(_ inbox: StreamInbox) async throws(RPCError) {
        do throws(CallFailure) {
            try absorb(try await inbox.next())
        } catch {
            try await reopen(after: error)
        }
    }

    private func absorb(_ part: StreamInbox.Part) throws(CallFailure) {
        let failure = state.withLock { state -> RPCError? in
            do throws(RPCError) {
                switch part {
                case .head(let head):
                    state.reader = try EnvelopedAnswer(head, client.format)
                    if head.status == .ok { state.attempts.succeeded() }
                case .body(let body): state.reader?.append(body)
                case .end(let trailers):
                    // Messages were all taken: a part is read only when there is none left.
                    try state.reader?.end(trailers)
                    state.end = .success(())
                }
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw CallFailure(error: failure, reach: .answered) }
    }

    private func reopen(after failure: CallFailure) async throws(RPCError) {
        if state.withLock({ $0.hasBegun }) {
            state.withLock { $0.end = .failure(failure.error) }
            throw failure.error
        }
        try await recover(from: failure)
        state.withLock { $0.reader = nil }
        try await open()
    }

    private func recover(from failure: CallFailure) async throws(RPCError) {
        var attempts = state.withLock { $0.attempts }
        do throws(RPCError) {
            try await attempts.failed(failure)
        } catch {
            state.withLock { $0.end = .failure(error) }
            throw error
        }
        state.withLock { $0.attempts = attempts }
    }
}
