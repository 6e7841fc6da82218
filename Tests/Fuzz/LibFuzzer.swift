// SPDX-License-Identifier: MIT
import Foundation

/// LLVM's coverage-guided fuzzer, where this program was linked with it (`.ci/fuzz` does); elsewhere inputs can only be replayed.
enum LibFuzzer {
    private typealias OneInput = @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
    private typealias Arguments = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private typealias Driver =
        @convention(c) (
            UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Arguments>, OneInput
        ) -> Int32

    /// What the callback feeds: C gives it no other way to know. Written once, before the only thread that reads it.
    nonisolated(unsafe) private static var target: (any FuzzTarget)?

    /// Fuzzes until the arguments (libFuzzer's own) say that it is enough, or something is found.
    /// - Returns: the exit status; nil where the fuzzer is not linked.
    static func run(_ target: any FuzzTarget, arguments: [String]) -> Int32? {
        guard let symbol = dlsym(nil, "LLVMFuzzerRunDriver") else { return nil }
        self.target = target
        let driver = unsafeBitCast(symbol, to: Driver.self)
        var list: [UnsafeMutablePointer<CChar>?] = ([CommandLine.arguments[0]] + arguments).map { strdup($0) } + [nil]
        var count = Int32(list.count - 1)
        return list.withUnsafeMutableBufferPointer { buffer in
            guard var arguments = buffer.baseAddress else { return 2 }
            return driver(&count, &arguments) { bytes, count in
                LibFuzzer.feed([UInt8](UnsafeBufferPointer(start: bytes, count: count)))
                return 0
            }
        }
    }

    private static func feed(_ input: [UInt8]) {
        do {
            try target?.run(input)
        } catch {
            FileHandle.standardError.write(Data("violated: \(error)\n".utf8))
            abort()
        }
    }
}
