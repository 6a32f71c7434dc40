# The formula, for a tap. `url` and `sha256` are those of the release's source archive.
class Dynflare < Formula
  desc "Dynamic DNS that believes only a quorum"
  homepage "https://github.com/dynflare/dynflare"
  url "https://github.com/dynflare/dynflare/archive/refs/tags/v0.1.0.tar.gz"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license "MIT"

  depends_on "rust" => :build

  def install
    system "cargo", "install", *std_cargo_args
    generate_completions_from_executable(bin/"dynflare", "completions")
    man1.install "docs/dynflare.1"
  end

  service do
    run [opt_bin/"dynflare", "run"]
    environment_variables DYNFLARE_CONFIG: etc/"dynflare/dynflare.toml", DYNFLARE_STATE_DIR: var/"dynflare"
    keep_alive successful_exit: false
    log_path var/"log/dynflare.log"
    error_log_path var/"log/dynflare.log"
  end

  test do
    assert_match "203.0.113.7", shell_output("#{bin}/dynflare demo --once")
  end
end
