{
  description = "Dynamic DNS that believes only a quorum";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      systems = [
        "x86_64-linux"
        "aarch64-linux"
        "x86_64-darwin"
        "aarch64-darwin"
      ];
      each = f: nixpkgs.lib.genAttrs systems (system: f nixpkgs.legacyPackages.${system});
    in
    {
      packages = each (pkgs: {
        default = pkgs.rustPlatform.buildRustPackage {
          pname = "dynflare";
          version = (builtins.fromTOML (builtins.readFile ./Cargo.toml)).workspace.package.version;
          src = self;
          cargoLock.lockFile = ./Cargo.lock;
          # The tests want name servers, network namespaces and a second machine.
          doCheck = false;
          nativeBuildInputs = [ pkgs.installShellFiles ];
          postInstall = ''
            installManPage docs/dynflare.1
            installShellCompletion --cmd dynflare \
              --bash <($out/bin/dynflare completions bash) \
              --fish <($out/bin/dynflare completions fish) \
              --zsh <($out/bin/dynflare completions zsh)
            install -Dm644 etc/systemd/dynflare.service etc/systemd/dynflare.socket -t $out/lib/systemd/system
            substituteInPlace $out/lib/systemd/system/dynflare.service --replace-fail /usr/bin/dynflare $out/bin/dynflare
          '';
          meta = {
            description = "Dynamic DNS that believes only a quorum";
            homepage = "https://github.com/dynflare/dynflare";
            license = pkgs.lib.licenses.mit;
            mainProgram = "dynflare";
          };
        };
      });
    };
}
