// SPDX-License-Identifier: MIT
import Foundation

// navarch-fuzz: feeds the product what a stranger might send. See docs/internals/fuzzing.md.
exit(FuzzProgram.run(Array(CommandLine.arguments.dropFirst())))

/// The command line.
enum FuzzProgram {
    private static let usage = """
        usage: navarch-fuzz list | planted
               navarch-fuzz seeds TARGET FOLDER       write the inputs to begin with
               navarch-fuzz dictionary TARGET         print the words of the inputs
               navarch-fuzz replay TARGET FILE…       feed files, and say what breaks
               navarch-fuzz fuzz TARGET ARGUMENT…     libFuzzer with its own arguments

        """

    /// Does what the arguments say.
    static func run(_ arguments: [String]) -> Int32 {
        do {
            switch arguments.first {
            case "list": print(FuzzTargets.names.joined(separator: "\n"))
            case "planted": print(FuzzTargets.planted.joined(separator: "\n"))
            case let verb?:
                guard arguments.count > 1, let target = try FuzzTargets.target(arguments[1]) else { return misused() }
                return try run(verb, target, Array(arguments.dropFirst(2)))
            case nil: return misused()
            }
            return 0
        } catch {
            complain("\(error)\n")
            return 1
        }
    }

    private static func run(_ verb: String, _ target: any FuzzTarget, _ arguments: [String]) throws -> Int32 {
        switch verb {
        case "seeds":
            guard let folder = arguments.first else { return misused() }
            try writeSeeds(of: target, to: folder)
        case "dictionary": for word in target.dictionary { print("\"\(escaped(word))\"") }
        case "replay":
            for file in arguments {
                try target.run([UInt8](try Data(contentsOf: URL(fileURLWithPath: file))))
                print("ok  \(file)")
            }
        case "fuzz":
            guard let status = LibFuzzer.run(target, arguments: arguments) else {
                complain("this build has no fuzzer in it; `make fuzz` makes one that has\n")
                return 2
            }
            return status
        default: return misused()
        }
        return 0
    }

    private static func writeSeeds(of target: any FuzzTarget, to folder: String) throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        for (index, seed) in target.seeds.enumerated() {
            try Data(seed).write(to: URL(fileURLWithPath: "\(folder)/seed-\(index)"))
        }
    }

    /// As libFuzzer reads dictionaries: what is not plain is written in hexadecimal.
    private static func escaped(_ word: String) -> String {
        let hex = Array("0123456789ABCDEF")
        return word.utf8.map { byte in
            let isPlain = byte >= 0x20 && byte < 0x7f && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
            return isPlain ? String(UnicodeScalar(byte)) : "\\x\(hex[Int(byte >> 4)])\(hex[Int(byte & 15)])"
        }.joined()
    }

    private static func misused() -> Int32 {
        complain(usage)
        return 2
    }

    private static func complain(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
