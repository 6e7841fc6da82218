// SPDX-License-Identifier: MIT
import Connect

/// Requests of every method, in one codec, through a whole replica: reading, the validation table, conversion, handler, answer.
///
/// An input's first byte chooses the method, its second the protocol; the rest is the message.
struct MessagesTarget: FuzzTarget {
    /// How messages are written.
    let codec: RPCCodec
    private let replica: FuzzReplica

    /// A target with a replica of its own.
    init(codec: RPCCodec) throws {
        self.codec = codec
        replica = try FuzzReplica()
    }

    var seeds: [[UInt8]] {
        MessageSeeds.requests(codec).flatMap { index, bytes in
            [[UInt8(index), 0] + bytes, [UInt8(index), 1] + bytes]
        }
    }

    var dictionary: [String] { MessageSeeds.words }

    func run(_ input: [UInt8]) throws {
        var reader = InputReader(input)
        let method = reader.choice(FuzzMethod.all)
        let isWeb = reader.byte() & 1 == 1
        let message = Array(reader.rest)
        try method.checkRoundTrip(message, codec)
        let isEnveloped = isWeb || method.isStream
        let body = isEnveloped ? EnvelopePrefix.envelope(message) : message
        let type = RPCContentType(isWeb ? .grpcWeb : .connect, codec, isEnveloped: isEnveloped).headerValue
        let head = """
            POST \(method.path) HTTP/1.1\r\nhost: x\r\ncontent-type: \(type)\r\n\
            content-length: \(body.count)\r\nx-request-id: fuzz\r\n\r\n
            """
        let answer = try replica.exchange([Array(head.utf8) + body])
        try check(answer.bytes, of: method, isUnaryConnect: !isEnveloped)
    }

    private func check(_ answer: [UInt8], of method: FuzzMethod, isUnaryConnect: Bool) throws {
        let waits = method.path.hasSuffix("/LeaseCommands") || method.isStream
        try require(waits || !answer.isEmpty, "\(method.path) gives no answer")
        guard isUnaryConnect, !answer.isEmpty else { return }
        let (status, body) = try HTTPAnswer.parts(of: answer)
        if status == 200 { return try method.checkAnswer(body, codec) }
        guard let error = ErrorJSON.decode(body) else {
            throw Violation("\(method.path) answers \(status) with \(String(decoding: body, as: UTF8.self))")
        }
        try require(!error.message.isEmpty, "\(method.path) fails without a word")
        try require(error.code.httpStatus == status, "\(method.path) answers \(status) with \(error.code)")
    }
}

/// One HTTP/1.1 answer of a length that its head says.
enum HTTPAnswer {
    /// Status and body.
    static func parts(of answer: [UInt8]) throws -> (status: Int, body: [UInt8]) {
        let text = answer.prefix(12)
        guard text.starts(with: Array("HTTP/1.1 ".utf8)),
            let status = Int(String(decoding: text.dropFirst(9), as: UTF8.self))
        else { throw Violation("an answer begins with \(String(decoding: answer.prefix(40), as: UTF8.self))") }
        guard let end = answer.indices.first(where: { answer[$0...].starts(with: [13, 10, 13, 10]) }) else {
            throw Violation("an answer's head has no end")
        }
        return (status, Array(answer[(end + 4)...]))
    }
}
