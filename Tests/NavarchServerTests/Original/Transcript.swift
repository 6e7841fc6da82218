// SPDX-License-Identifier: MIT
import Connect
import Foundation
import SwiftProtobuf
import Testing

/// A conversation with the original's service in one codec, written down as Connect's JSON in both.
struct Transcript {
    let baseURL: String
    let codec: RPCCodec

    /// Says `request` and expects exactly `answer`, in which the text `*` stands for anything.
    func say<Q: Message, R: Message>(
        _ method: RPCMethod<Q, R>, _ request: String, _ status: Int, _ answer: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let got = try await send(method, request)
        #expect(got.status == status, "\(method.name) \(request): \(got.text)", sourceLocation: sourceLocation)
        let (heard, wanted) = (try Self.object(got.text), try Self.object(answer))
        #expect(
            Self.matches(heard, wanted), "\(method.name) \(request): \(got.text), not \(answer)",
            sourceLocation: sourceLocation)
    }

    /// Sends the request as bytes or as the JSON itself; an answer in bytes is read back as JSON.
    private func send<Q: Message, R: Message>(
        _ method: RPCMethod<Q, R>, _ request: String
    ) async throws -> (status: Int, text: String) {
        let url = baseURL + method.path
        switch codec {
        case .json:
            let answer = try await post(url, request)
            return (answer.status, answer.text)
        case .proto:
            let body = Data(try Q(jsonString: request).serializedBytes() as [UInt8])
            let answer = try await exchange("POST", url, headers: ["content-type": "application/proto"], body: body)
            guard answer.status == 200 else { return (answer.status, answer.text) }
            let message = try R(serializedBytes: [UInt8](answer.body))
            return (200, try message.jsonString())
        }
    }

    private static func object(_ text: String) throws -> Any {
        try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed)
    }

    private static func matches(_ heard: Any, _ wanted: Any) -> Bool {
        if let text = wanted as? String { return text == "*" || heard as? String == text }
        if let wanted = wanted as? [String: Any] {
            guard let heard = heard as? [String: Any], Set(heard.keys) == Set(wanted.keys) else { return false }
            return wanted.allSatisfy { key, value in heard[key].map { matches($0, value) } ?? false }
        }
        if let wanted = wanted as? [Any] {
            guard let heard = heard as? [Any], heard.count == wanted.count else { return false }
            return zip(heard, wanted).allSatisfy { matches($0, $1) }
        }
        guard let heard = heard as? NSNumber, let wanted = wanted as? NSNumber else { return false }
        return heard == wanted
    }
}

/// The fields of an error that a client of the original reads; details came later and are beside them.
enum OriginalError {
    static func missing(_ name: String) -> String { #"{"code":"invalid_argument","message":"\#(name) is required"}"# }
    static func notFound(_ what: String) -> String { #"{"code":"not_found","message":"\#(what)"}"# }
}
