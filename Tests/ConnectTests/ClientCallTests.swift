// SPDX-License-Identifier: MIT

import Connect
import ConnectServer
import NavarchTestSupport
import Testing

@testable import ConnectClient

/// Calls to the real server, in every way that there is.
@Suite(.serialized) struct ClientCallTests {
    private static func echo(_ text: String) -> Connect_Test_V1_EchoRequest {
        var request = Connect_Test_V1_EchoRequest()
        request.text = text
        request.number = 1 << 60
        request.payload = .init([0, 255, 1])
        request.tags = ["a", "ü"]
        return request
    }

    @Test(arguments: ClientWay.all)
    func aUnaryCallReturnsMessageHeadersAndTrailers(_ way: ClientWay) async throws {
        try await withServer { _, address in
            try await withClient(way.configuration("\(address)")) { client in
                let answer = try await client.unaryResponse(
                    EchoService.echo, Self.echo("hello \u{1F680}"), headers: ["x-request-id": "r-1"])
                #expect(answer.message.text == "hello \u{1F680}")
                #expect(answer.message.number == 1 << 60)
                #expect(answer.message.payload == .init([0, 255, 1]))
                #expect(answer.message.tags == ["a", "ü"])
                #expect(answer.message.requestID == "r-1")
                #expect(answer.headers.first("x-echo") == "head")
                #expect(answer.trailers.first("x-echo-end") == "tail")
            }
        }
    }

    @Test(arguments: ClientWay.all)
    func aServersErrorComesWithCodeAndMessage(_ way: ClientWay) async throws {
        try await withServer { _, address in
            try await withClient(way.configuration("\(address)")) { client in
                for code in RPCCode.allCases {
                    var request = Self.echo("100% ünlucky\n")
                    request.failWith = Int32(code.rawValue)
                    let error = await failure { try await client.unary(EchoService.echo, request) }
                    #expect(error?.code == code)
                    #expect(error?.message == "100% ünlucky\n")
                }
                let answered = try await client.unary(EchoService.echo, Self.echo("still here")).text
                #expect(answered == "still here")
            }
        }
    }

    @Test(arguments: ClientWay.all)
    func aServerStreamGivesItsMessagesInOrder(_ way: ClientWay) async throws {
        try await withServer { _, address in
            try await withClient(way.configuration("\(address)")) { client in
                var request = Connect_Test_V1_CountRequest()
                request.to = 500
                request.payloadBytes = 100
                let numbers = try await client.withServerStream(EchoService.count, request) { stream in
                    var numbers: [Int64] = []
                    for try await message in stream {
                        #expect(message.payload.count == 100)
                        numbers.append(message.number)
                    }
                    let afterLast = try await stream.next()
                    #expect(afterLast == nil)
                    return numbers
                }
                #expect(numbers == Array(1...500))
            }
        }
    }

    @Test(arguments: ClientWay.all)
    func aStreamThatFailsGivesItsMessagesFirst(_ way: ClientWay) async throws {
        try await withServer { _, address in
            try await withClient(way.configuration("\(address)")) { client in
                var request = Connect_Test_V1_CountRequest()
                request.to = 3
                request.failWith = Int32(RPCCode.failedPrecondition.rawValue)
                try await client.withServerStream(EchoService.count, request) { stream in
                    var numbers: [Int64] = []
                    let error = await failure {
                        while let message = try await stream.next() { numbers.append(message.number) }
                    }
                    #expect(numbers == [1, 2, 3])
                    #expect(error?.code == .failedPrecondition)
                    #expect(error?.message == "counted enough")
                    let again = await failure { try await stream.next() }
                    #expect(again == error)
                }
            }
        }
    }

    @Test(arguments: ClientWay.all)
    func aLargeMessageTravelsBothWaysAndInGzip(_ way: ClientWay) async throws {
        try await withServer { _, address in
            var configuration = way.configuration("\(address)")
            configuration.compressFromBytes = 1000
            try await withClient(configuration) { client in
                let text = String(repeating: "large ", count: 50_000)
                let answered = try await client.unary(EchoService.echo, Self.echo(text)).text
                #expect(answered == text)
            }
        }
    }

    @Test(arguments: ClientWay.all)
    func anAnswerPastTheLimitIsRefused(_ way: ClientWay) async throws {
        try await withServer { _, address in
            var configuration = way.configuration("\(address)")
            configuration.maxMessageBytes = 10_000
            try await withClient(configuration) { client in
                var request = Connect_Test_V1_CountRequest()
                request.to = 2
                request.payloadBytes = 20_000
                let streamed = await failure {
                    try await client.withServerStream(EchoService.count, request) { _ = try await $0.next() }
                }
                #expect(streamed?.code == .resourceExhausted)
                let large = Self.echo(String(repeating: "0123456789abcdefghij\u{1F680}", count: 10_000))
                let unary = await failure { try await client.unary(EchoService.echo, large) }
                #expect(unary?.code == .resourceExhausted)
                let answered = try await client.unary(EchoService.echo, Self.echo("small")).text
                #expect(answered == "small")
            }
        }
    }

    @Test(arguments: ClientWay.all)
    func anUnknownMethodIsUnimplemented(_ way: ClientWay) async throws {
        try await withServer { _, address in
            try await withClient(way.configuration("\(address)")) { client in
                let method = RPCMethod<Connect_Test_V1_EchoRequest, Connect_Test_V1_EchoResponse>(
                    service: EchoService.name, name: "Missing")
                let error = await failure { try await client.unary(method, Self.echo("")) }
                #expect(error?.code == .unimplemented, "\(String(describing: error))")
            }
        }
    }

    @Test(arguments: ClientWay.all)
    func aHundredCallsAtOnceAreNotMixedUp(_ way: ClientWay) async throws {
        try await withServer { server, address in
            try await withClient(way.configuration("\(address)")) { client in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<100 {
                        group.addTask {
                            for round in 0..<5 {
                                let text = "\(number)-\(round)"
                                let answered = try await client.unary(EchoService.echo, Self.echo(text)).text
                                #expect(answered == text)
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                let most = way.version == .http2 ? 1 : 100
                #expect(server.connectionCount <= most)
            }
        }
    }
}
