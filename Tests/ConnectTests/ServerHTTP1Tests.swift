// SPDX-License-Identifier: MIT
import Connect
import ConnectServer
import NavarchTestSupport
import Testing

private let echoPath = "/connect.test.v1.EchoService/Echo"
private let loopPath = "/connect.test.v1.EchoService/EchoOnLoop"

@Suite("Unary calls over HTTP/1.1")
struct ServerHTTP1Tests {
    @Test(arguments: [echoPath, loopPath])
    func jsonIsAnsweredInJSON(_ path: String) async throws {
        try await withServer { _, address in
            try await withRawConnection(to: address) { connection in
                try await connection.send(request("POST \(path)", body: #"{"text":"hi","number":"7","unknown":1}"#))
                let response = try await connection.response()
                #expect(response.status == 200)
                #expect(response.headers.first("content-type") == "application/json")
                let message = try Connect_Test_V1_EchoResponse(jsonString: response.text)
                #expect(message.text == "hi")
                #expect(message.number == 7)
                #expect(message.requestID == response.headers.first("x-request-id"))
            }
        }
    }

    @Test(arguments: [echoPath, loopPath])
    func protobufIsAnsweredInProtobuf(_ path: String) async throws {
        try await withServer { _, address in
            try await withRawConnection(to: address) { connection in
                try await connection.send(
                    request("POST \(path)", body: "\u{0A}\u{02}hi", contentType: "application/proto"))
                let response = try await connection.response()
                #expect(response.status == 200)
                #expect(response.headers.first("content-type") == "application/proto")
                #expect(try Connect_Test_V1_EchoResponse(serializedBytes: response.body).text == "hi")
            }
        }
    }

    @Test func handlersAddHeadersAndTrailers() async throws {
        let response = try await answer(to: request("POST \(echoPath)", body: "{}"))
        #expect(response.headers.first("x-echo") == "head")
        #expect(response.headers.first("trailer-x-echo-end") == "tail")
    }

    @Test func aSaneRequestIDIsKeptAndAnotherIsReplaced() async throws {
        let kept = try await answer(to: request("POST \(echoPath)", ["X-Request-ID: abc-123"], body: "{}"))
        #expect(kept.headers.first("x-request-id") == "abc-123")
        let long = String(repeating: "x", count: 129)
        let replaced = try await answer(to: request("POST \(echoPath)", ["x-request-id: \(long)"], body: "{}"))
        #expect(replaced.headers.first("x-request-id")?.utf8.count == 16)
    }

    @Test(arguments: RPCCode.allCases)
    func errorsHaveTheirStatusAndJSON(_ code: RPCCode) async throws {
        for path in [echoPath, loopPath] {
            let body = #"{"text":"why","failWith":\#(code.rawValue)}"#
            let response = try await answer(to: request("POST \(path)", body: body))
            #expect(response.status == code.httpStatus)
            #expect(response.headers.first("content-type") == "application/json")
            #expect(ErrorJSON.decode(response.body) == RPCError(code, "why"))
        }
    }

    @Test func otherErrorsOfHandlersAreInternalAndKeepTheirSecrets() async throws {
        let response = try await answer(
            to: request("POST \(echoPath)", ["x-request-id: r1"], body: #"{"failWith":-1}"#))
        #expect(response.status == 500)
        #expect(ErrorJSON.decode(response.body) == RPCError(.internalError, "internal error; request id r1"))
    }

    @Test(arguments: ["", "{", "[]", #"{"text":5}"#, #"{"number":"x"}"#, "\u{1}"])
    func malformedMessagesAreInvalid(_ body: String) async throws {
        let response = try await answer(to: request("POST \(loopPath)", body: body))
        #expect(response.status == 400)
        #expect(ErrorJSON.decode(response.body)?.code == .invalidArgument)
    }

    @Test(arguments: [
        ("application/json", [UInt8](#"{"text":""#.utf8) + [0xff, 0xfe] + [UInt8](#""}"#.utf8)),
        ("application/proto", [0x0a, 0x02, 0xff, 0xfe]),
    ])
    func badUTF8IsInvalid(_ contentType: String, _ body: [UInt8]) async throws {
        let head =
            "POST \(loopPath) HTTP/1.1\r\nhost: t\r\ncontent-type: \(contentType)\r\ncontent-length: \(body.count)\r\n\r\n"
        let response = try await answer(to: Array(head.utf8) + body)
        #expect(ErrorJSON.decode(response.body)?.code == .invalidArgument)
    }

    @Test func pathsThatLeadNowhereAreUnimplemented() async throws {
        let call = try await answer(to: request("POST /no.such.Service/Method", body: "{}"))
        #expect(call.status == 404)
        #expect(ErrorJSON.decode(call.body)?.code == .unimplemented)
        let page = try await answer(to: request("GET /favicon.ico", contentType: nil))
        #expect(page.status == 404)
        #expect(page.headers.first("content-type") == "text/plain; charset=utf-8")
    }

    @Test func otherMethodsAreRefusedWithThoseAllowed() async throws {
        let call = try await answer(to: request("PUT \(echoPath)", body: "{}"))
        #expect(call.status == 405)
        #expect(call.headers.first("allow") == "POST")
        let route = try await answer(to: request("DELETE /plain", contentType: nil))
        #expect(route.status == 405)
        #expect(route.headers.first("allow") == "GET, POST")
    }

    @Test(arguments: [nil, "text/plain", "application/connect+json", "application/xml", "application/grpc-web-text"])
    func otherContentTypesAreRefused(_ contentType: String?) async throws {
        let response = try await answer(to: request("POST \(echoPath)", body: "{}", contentType: contentType))
        #expect(response.status == 415)
        #expect(response.headers.first("accept-post")?.contains("application/json") == true)
    }

    @Test(arguments: [
        ("encoding=json&message=%7B%22text%22%3A%22a+b%22%7D", "a b"),
        ("message=eyJ0ZXh0IjoiYjY0In0&base64=1&encoding=json&connect=v1&other=1", "b64"),
        ("message=eyJ0ZXh0IjoiYjY0In0%3D&base64=1&encoding=json", "b64"),
        ("encoding=proto&base64=1&message=CgJoaQ", "hi"),
        (
            "encoding=json&base64=1&compression=gzip&message=\(Base64.encodeForURL(Gzip.compress(Array(#"{"text":"z"}"#.utf8))))",
            "z"
        ),
    ])
    func methodsWithoutSideEffectsAreCalledByGET(_ query: String, _ text: String) async throws {
        let response = try await answer(to: request("GET \(loopPath)?\(query)", contentType: nil))
        #expect(response.status == 200)
        let codec: RPCCodec = query.contains("proto") ? .proto : .json
        #expect(response.headers.first("content-type") == "application/\(codec.rawValue)")
        let message: Connect_Test_V1_EchoResponse = try MessageCoding.decode(response.body, as: codec)
        #expect(message.text == text)
    }

    @Test(arguments: [
        ("encoding=json", 400), ("encoding=json&message=%7B", 400), ("encoding=json&base64=1&message=~", 400),
        ("message=%7B%7D", 415), ("encoding=xml&message=%7B%7D", 415), ("encoding=json&message=%7B%7D&connect=v2", 400),
        ("encoding=json&message=%7B%7D&compression=br", 501),
    ])
    func queriesThatAreNoCallAreRefused(_ query: String, _ status: Int) async throws {
        #expect(try await answer(to: request("GET \(loopPath)?\(query)", contentType: nil)).status == status)
    }

    @Test func methodsThatMayHaveEffectsAreNotCalledByGET() async throws {
        let response = try await answer(to: request("GET \(echoPath)?encoding=json&message=%7B%7D", contentType: nil))
        #expect(response.status == 405)
        #expect(response.headers.first("allow") == "POST")
    }

    @Test func grpcNeedsHTTP2() async throws {
        let response = try await answer(to: request("POST \(echoPath)", contentType: "application/grpc"))
        #expect(response.status == 505)
    }

    @Test func anUnknownVersionOfTheProtocolIsInvalid() async throws {
        let good = try await answer(to: request("POST \(echoPath)", ["connect-protocol-version: 1"], body: "{}"))
        #expect(good.status == 200)
        let bad = try await answer(to: request("POST \(echoPath)", ["connect-protocol-version: 2"], body: "{}"))
        #expect(ErrorJSON.decode(bad.body)?.code == .invalidArgument)
    }

    @Test func aDeadlineThatPassesIsAnsweredAndCancelsTheHandler() async throws {
        let response = try await answer(
            to: request("POST \(echoPath)", ["connect-timeout-ms: 50"], body: #"{"delayMilliseconds":60000}"#))
        #expect(response.status == 504)
        #expect(ErrorJSON.decode(response.body)?.code == .deadlineExceeded)
        let bad = try await answer(to: request("POST \(echoPath)", ["connect-timeout-ms: soon"], body: "{}"))
        #expect(ErrorJSON.decode(bad.body)?.code == .invalidArgument)
    }

    @Test func gzipIsReadAndWrittenWhereTheClientTakesIt() async throws {
        let text = String(repeating: "compress me ", count: 500)
        let body = Gzip.compress(Array(#"{"text":"\#(text)"}"#.utf8))
        let head = """
            POST \(echoPath) HTTP/1.1\r\nhost: t\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r
            accept-encoding: br, gzip\r\ncontent-length: \(body.count)\r\n\r\n
            """
        let response = try await answer(to: Array(head.utf8) + body)
        #expect(response.status == 200)
        #expect(response.headers.first("content-encoding") == "gzip")
        let plain = try Gzip.decompress(response.body, limit: 1 << 20)
        #expect(try Connect_Test_V1_EchoResponse(jsonUTF8Bytes: plain).text == text)
        let refused = try await answer(to: request("POST \(echoPath)", ["content-encoding: br"], body: "{}"))
        #expect(ErrorJSON.decode(refused.body)?.code == .unimplemented)
        #expect(refused.headers.first("accept-encoding") == "gzip")
    }

    @Test func messagesPastTheLimitAreRefusedCompressedOrNot() async throws {
        var configuration = ConnectServerConfiguration.test
        configuration.limits.maxMessageBytes = 10_000
        let long = #"{"text":"\#(String(repeating: "x", count: 10_000))"}"#
        let bomb = Gzip.compress(Array(#"{"text":"\#(String(repeating: "x", count: 5_000_000))"}"#.utf8))
        #expect(bomb.count < 10_000)
        let bombHead = """
            POST \(echoPath) HTTP/1.1\r\nhost: t\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r
            content-length: \(bomb.count)\r\n\r\n
            """
        try await withServer(configuration) { _, address in
            try await withRawConnection(to: address) { connection in
                for bytes in [Array(request("POST \(echoPath)", body: long).utf8), Array(bombHead.utf8) + bomb] {
                    try await connection.send(bytes)
                    let response = try await connection.response()
                    #expect(response.status == 429)
                    #expect(ErrorJSON.decode(response.body)?.code == .resourceExhausted)
                }
                try await connection.send(request("POST \(echoPath)", body: "{}"))
                #expect(try await connection.response().status == 200)
            }
        }
    }

    @Test func plainRoutesAreServedOnTheSamePort() async throws {
        #expect(try await answer(to: request("GET /plain?a=b", contentType: nil)).text == "plain a=b\n")
        #expect(try await answer(to: request("POST /plain", body: "12345")).text == "got 5 bytes\n")
        let head = try await answer(to: Array(request("HEAD /plain", contentType: nil).utf8), toHead: true)
        #expect(head.headers.first("content-length") == "7")
        #expect(head.body.isEmpty)
    }

    private func answer(to text: String) async throws -> RawResponse { try await answer(to: Array(text.utf8)) }

    private func answer(to bytes: [UInt8], toHead: Bool = false) async throws -> RawResponse {
        try await withServer { _, address in
            try await withRawConnection(to: address) { connection in
                try await connection.send(bytes)
                return try await connection.response(toHead: toHead)
            }
        }
    }
}

@Suite("The bytes of HTTP/1.1")
struct ServerHTTP1ConnectionTests {
    @Test func aRequestMayComeByteByByte() async throws {
        try await withServer { _, address in
            try await withRawConnection(to: address) { connection in
                for byte in request("POST \(loopPath)", body: #"{"text":"slow"}"#).utf8 {
                    try await connection.send([byte])
                }
                #expect(try await connection.response().text.contains("slow"))
            }
        }
    }

    @Test func requestsSentAheadAreAnsweredInOrder() async throws {
        try await withServer { _, address in
            try await withRawConnection(to: address) { connection in
                var bytes = ""
                for number in 0..<200 {
                    let path = number % 2 == 0 ? echoPath : loopPath
                    let delay = number % 10 == 0 ? 5 : 0
                    bytes += request("POST \(path)", body: #"{"number":"\#(number)","delayMilliseconds":\#(delay)}"#)
                }
                try await connection.send(bytes)
                for number in 0..<200 {
                    let response = try Connect_Test_V1_EchoResponse(jsonUTF8Bytes: try await connection.response().body)
                    #expect(response.number == Int64(number))
                }
            }
        }
    }

    @Test func chunkedRequestsAndContinueAreUnderstood() async throws {
        try await withServer { _, address in
            try await withRawConnection(to: address) { connection in
                try await connection.send(
                    "POST \(loopPath) HTTP/1.1\r\nhost: t\r\ncontent-type: application/json\r\n"
                        + "transfer-encoding: chunked\r\nexpect: 100-continue\r\n\r\n")
                #expect(try await connection.response().status == 100)
                try await connection.send("9\r\n{\"text\":\"\r\n6\r\nchunk\"\r\n1\r\n}\r\n0\r\n\r\n")
                #expect(try await connection.response().text.contains("chunk"))
            }
        }
    }

    @Test(arguments: ["POST \(loopPath) HTTP/1.1\r\nconnection: close", "POST \(loopPath) HTTP/1.0"])
    func theConnectionIsClosedWhenTheClientAsks(_ head: String) async throws {
        try await withServer { _, address in
            let text = try await withRawConnection(to: address) { connection in
                try await connection.send(head + "\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}")
                return try await connection.rest()
            }
            #expect(text.contains("200 OK"))
            #expect(text.contains("connection: close"))
        }
    }

    @Test(arguments: ["NONSENSE\r\n\r\n", "GET / HTTP/1.1\r\nbad header\r\n\r\n", "\u{0}\u{1}\u{2}\r\n\r\n"])
    func whatIsNoHTTPIsA400AndTheEnd(_ bytes: String) async throws {
        try await withServer { _, address in
            let text = try await withRawConnection(to: address) { connection in
                try await connection.send(bytes)
                return try await connection.rest()
            }
            #expect(text.hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test func floodsOfHeadersAreCutOff() async throws {
        try await withServer { server, address in
            // The server closes without reading the rest, so the answer may be lost to a reset; the connection is not kept.
            let text = try? await withRawConnection(to: address) { connection in
                let header = "x-flood: \(String(repeating: "y", count: 1000))\r\n"
                try await connection.send("GET / HTTP/1.1\r\n")
                for _ in 0..<70 { try await connection.send(header) }
                return try await connection.rest()
            }
            if let text { #expect(text.hasPrefix("HTTP/1.1 431 ") || text.hasPrefix("HTTP/1.1 400 ")) }
            try await eventually { server.connectionCount == 0 }
        }
    }

    @Test func anIdleConnectionIsClosedAndOneThatNeverFinishesItsRequestToo() async throws {
        var configuration = ConnectServerConfiguration.test
        configuration.timers.idle = .milliseconds(100)
        configuration.timers.requestBody = .milliseconds(100)
        try await withServer(configuration) { _, address in
            for bytes in ["", "GET /plain HTTP/1.1\r\nhost:"] {
                let text = try await withRawConnection(to: address) { connection in
                    try await connection.send(bytes)
                    return try await connection.rest()
                }
                #expect(text.isEmpty)
            }
            let text = try await withRawConnection(to: address) { connection in
                try await connection.send(
                    "POST \(loopPath) HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{")
                return try await connection.rest()
            }
            #expect(text.hasPrefix("HTTP/1.1 504 "))
        }
    }

    @Test func connectionsPastTheLimitAreClosed() async throws {
        var configuration = ConnectServerConfiguration.test
        configuration.limits.maxConnections = 1
        try await withServer(configuration) { _, address in
            try await withRawConnection(to: address) { first in
                try await first.send(request("GET /plain", contentType: nil))
                #expect(try await first.response().status == 200)
                // Closed at once, which a client may see as an end or as a reset.
                let refused = try? await withRawConnection(to: address) { second in
                    try await second.send(request("GET /plain", contentType: nil))
                    return try await second.rest()
                }
                #expect(refused == nil || refused == "")
                try await first.send(request("GET /plain", contentType: nil))
                #expect(try await first.response().status == 200)
            }
        }
    }
}
