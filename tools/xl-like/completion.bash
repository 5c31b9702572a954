# SPDX-License-Identifier: GPL-2.0-only
# Completion of xl-like for bash. What a verb takes is read from its own help, so that it is known in
# one place.

_xl_like_verbs() { xl-like help 2>/dev/null | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p'; }
_xl_like_usage() { xl-like help "$1" 2>/dev/null | sed -n '1s/^Usage: xl-like [a-z-]* *//p'; }
_xl_like_domains() { xl-like list 2>/dev/null | sed '1d; s/ .*//'; }
_xl_like_keys() { xl-like help keys 2>/dev/null | sed -n 's/^  \([a-z_]*\) .*/\1=/p'; }

_xl_like() {
    local cur=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} usage word before=

    COMPREPLY=()
    if [ "$COMP_CWORD" = 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_xl_like_verbs)" -- "$cur")
        return
    fi
    usage=$(_xl_like_usage "$verb")
    case $cur in
    -*)
        mapfile -t COMPREPLY < <(compgen -W "$(grep -oE -- '--?[a-zA-Z][a-zA-Z-]*' <<<"$usage")" -- "$cur")
        return
        ;;
    esac
    for word in "${COMP_WORDS[@]:2:COMP_CWORD-2}"; do
        case $word in -*) ;; *) before=$word ;; esac
    done
    case $usage in
    *DOMAIN*FILE*) [ "$before" ] || usage=DOMAIN ;;
    esac
    case $usage in
    *FILE*)
        mapfile -t COMPREPLY < <(compgen -f -- "$cur"; compgen -W "$(_xl_like_keys)" -- "$cur")
        compopt -o filenames -o nospace 2>/dev/null
        ;;
    *DOMAIN*) mapfile -t COMPREPLY < <(compgen -W "$(_xl_like_domains)" -- "$cur") ;;
    *VERB*) mapfile -t COMPREPLY < <(compgen -W "$(_xl_like_verbs) keys" -- "$cur") ;;
    esac
}

complete -F _xl_like xl-like
