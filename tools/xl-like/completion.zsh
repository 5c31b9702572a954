#compdef xl-like
# SPDX-License-Identifier: GPL-2.0-only
# Completion of xl-like for zsh. What a verb takes is read from its own help, so that it is known in
# one place.

_xl_like_help() { xl-like help $@ 2>/dev/null }
_xl_like_verbs() { _xl_like_help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p' }
_xl_like_usage() { _xl_like_help $1 | sed -n '1s/^Usage: xl-like [a-z-]* *//p' }
_xl_like_domains() { xl-like list 2>/dev/null | sed '1d; s/ .*//' }
_xl_like_keys() { _xl_like_help keys | sed -n 's/^  \([a-z_]*\) .*/\1=/p' }

_xl-like() {
    local usage
    local -a before

    if (( CURRENT == 2 )); then
        compadd -- $(_xl_like_verbs)
        return
    fi
    usage=$(_xl_like_usage $words[2])
    if [[ $words[CURRENT] = -* ]]; then
        compadd -- $(grep -oE -- '--?[a-zA-Z][a-zA-Z-]*' <<<$usage)
        return
    fi
    before=(${words[3,CURRENT-1]:#-*})
    [[ $usage = *DOMAIN*FILE* ]] && (( ! $#before )) && usage=DOMAIN
    case $usage in
    (*FILE*)
        _files
        compadd -S '' -- $(_xl_like_keys)
        ;;
    (*DOMAIN*) compadd -- $(_xl_like_domains) ;;
    (*VERB*) compadd -- $(_xl_like_verbs) keys ;;
    esac
}

_xl-like "$@"
